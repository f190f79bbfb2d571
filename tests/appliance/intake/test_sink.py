"""One object on its way in: every chunking, every refusal, every break."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from appliance.dicom.header import PATIENT_NAME, Header
from appliance.dicom.part10 import file_header
from appliance.intake.model import Settings
from appliance.intake.service import Intake
from appliance.journal.model import Severity
from appliance.journal.service import Journal
from appliance.network.services import Answer, StoreRequest, StoreSink
from storage.store import Entry
from storage.volume import Volume

DataSet = Callable[..., bytes]
Request = Callable[..., StoreRequest]
Count = Callable[[str], float]
CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"


async def _send(intake: Intake, request: StoreRequest, data: bytes, size: int = 1 << 14) -> Answer:
    """In a thread, in buffers of three fragments that are overwritten once they are taken."""
    return await trio.to_thread.run_sync(_sent, intake.store(request), data, size)


def _sent(sink: StoreSink, data: bytes, size: int) -> Answer:
    for start in range(0, len(data), 3 * size):
        buffer = bytearray(data[start : start + 3 * size])
        view = memoryview(buffer)
        sink.write([view[at : at + size] for at in range(0, len(buffer), size)])
        buffer[:] = b"\xff" * len(buffer)
    return sink.finish()


def _kept(volume: Volume, name: str = "1.2.3.4") -> list[bytes]:
    return [
        b"".join(volume.open(entry.sha256).chunks(content_only=True)) for entry in volume.find(name)
    ]


@pytest.mark.parametrize("pixels", [100, 70_000, 3_000_000])
@pytest.mark.parametrize("size", [100, 1 << 14, 1 << 20])
async def test_an_object_is_kept_as_it_came(
    intake: Intake, volume: Volume, data_set: DataSet, request_for: Request, pixels: int, size: int
) -> None:
    data = data_set(pixels)
    assert await _send(intake, request_for(), data, max(size, pixels // 100)) == Answer(0x0000)
    assert _kept(volume) == [data]


async def test_the_file_starts_with_our_header_and_the_ledger_knows_the_rest(
    intake: Intake,
    volume: Volume,
    data_set: DataSet,
    request_for: Request,
    stored: list[tuple[Entry, Header]],
) -> None:
    await _send(intake, request_for(), data_set())
    [entry] = volume.find("1.2.3.4")
    header = file_header(CT, "1.2.3.4", EXPLICIT)
    assert volume.open(entry.sha256).range(0, entry.header) == header
    assert (entry.name, entry.group) == ("1.2.3.4", "1.2.3")
    assert entry.notes == {
        "source": "CT1",
        "called": "ARCA",
        "host": "10.0.0.1",
        "sop_class": CT,
        "transfer_syntax": EXPLICIT,
        "via": "dicom",
    }
    [(heard, read)] = stored
    assert heard.sequence == entry.sequence
    assert read.values[PATIENT_NAME] == b"Doe^Jane"


async def test_the_same_again_is_one_copy(
    intake: Intake,
    volume: Volume,
    data_set: DataSet,
    request_for: Request,
    stored: list[tuple[Entry, Header]],
    count: Count,
) -> None:
    for _ in range(3):
        assert (await _send(intake, request_for(), data_set())).status == 0x0000
    assert len(volume.find("1.2.3.4")) == len(stored) == 1
    assert (count("stored"), count("duplicate")) == (1, 2)


async def test_other_content_is_kept_beside_it_and_raises_an_alarm(
    intake: Intake,
    volume: Volume,
    journal: Journal,
    data_set: DataSet,
    request_for: Request,
    count: Count,
) -> None:
    for name in ("Doe^Jane", "Doe^John"):
        answer = await _send(intake, request_for(), data_set(PatientName=name))
        assert answer.status == 0x0000
    assert len(volume.find("1.2.3.4")) == 2
    assert count("conflict") == 1
    [event] = await journal.latest(severity=Severity.ALARM)
    assert (event.kind, event.subject) == ("object.conflict", "1.2.3.4")
    assert "Doe" not in event.text


async def test_many_at_once(
    intake: Intake, volume: Volume, data_set: DataSet, request_for: Request
) -> None:
    answers: list[int] = []

    async def send(number: int) -> None:
        uid = f"1.2.3.{number}"
        data = data_set(100 * number * number, SOPInstanceUID=uid)
        answers.append((await _send(intake, request_for(uid), data)).status)
        assert _kept(volume, uid) == [data]

    async with trio.open_nursery() as nursery:
        for number in range(1, 60):
            nursery.start_soon(send, number)
    assert answers == [0x0000] * 59


@pytest.mark.parametrize("pixels", [100, 500_000])
async def test_a_contradiction_to_the_command_is_refused(
    intake: Intake,
    volume: Volume,
    data_set: DataSet,
    request_for: Request,
    count: Count,
    pixels: int,
) -> None:
    answer = await _send(intake, request_for("1.2.9"), data_set(pixels))
    assert (answer.status, answer.offending_element) == (0xA900, (0x00080018,))
    answer = await _send(intake, request_for(sop_class="1.2.9"), data_set(pixels))
    assert (answer.status, answer.offending_element) == (0xA900, (0x00080016,))
    assert volume.last() == 1
    assert count("mismatch") == 2


async def test_a_name_that_is_a_path_never_reaches_the_store(
    intake: Intake, volume: Volume, data_set: DataSet, request_for: Request, tmp_path: Path
) -> None:
    answer = await _send(intake, request_for("../../escaped"), data_set())
    assert answer.status == 0x0117
    assert volume.last() == 1
    assert not any("escaped" in name for _, _, names in os.walk(tmp_path) for name in names)


@pytest.mark.parametrize("length", [10, 100_000, 600_000])
async def test_what_cannot_be_understood_goes_to_quarantine(
    intake: Intake,
    volume: Volume,
    journal: Journal,
    request_for: Request,
    tmp_path: Path,
    count: Count,
    length: int,
) -> None:
    rubbish = b"\0\0\0\0" + b"no data set" * (length // 11)
    answer = await _send(intake, request_for(), rubbish)
    assert answer.status == 0xC000
    assert volume.last() == 1
    [file] = (tmp_path / "quarantine").iterdir()
    assert file.read_bytes() == file_header(CT, "1.2.3.4", EXPLICIT) + rubbish
    [event] = await journal.latest()
    assert event.details["quarantine"] == file.name
    assert event.details["source"] == "CT1"
    assert count("not_understood") == 1


async def test_a_truncated_header_is_not_understood(
    intake: Intake, volume: Volume, data_set: DataSet, request_for: Request
) -> None:
    data = data_set()
    answer = await _send(intake, request_for(), data[: data.index(b"Doe^Jane") + 3])
    assert (answer.status, volume.last()) == (0xC000, 1)
    assert "(0010,0010)" in answer.comment


async def test_nothing_at_all_is_not_understood(intake: Intake, request_for: Request) -> None:
    sink = intake.store(request_for())
    assert (sink.finish()).status == 0xC000


async def test_too_large_is_refused_and_the_rest_swallowed(
    open_intake: Callable[..., Intake],
    volume: Volume,
    data_set: DataSet,
    request_for: Request,
    tmp_path: Path,
) -> None:
    intake = open_intake(Settings(largest_object=200_000))
    answer = await _send(intake, request_for(), data_set(500_000), 1 << 12)
    assert answer.status == 0xC000
    assert "larger" in answer.comment
    assert volume.last() == 1
    assert not (tmp_path / "quarantine").exists()
    assert (await _send(intake, request_for(), data_set(100_000))).status == 0x0000


@pytest.mark.parametrize("pixels", [100, 1_000_000])
async def test_a_stopped_store_answers_out_of_resources(
    intake: Intake,
    volume: Volume,
    data_set: DataSet,
    request_for: Request,
    count: Count,
    pixels: int,
) -> None:
    volume.close()
    answer = await _send(intake, request_for(), data_set(pixels))
    assert answer.status == 0xA700
    assert answer.comment
    assert count("refused") == 1


@pytest.mark.parametrize("pixels", [100, 1_000_000])
async def test_a_broken_transfer_leaves_nothing(
    intake: Intake,
    volume: Volume,
    data_set: DataSet,
    request_for: Request,
    tmp_path: Path,
    count: Count,
    pixels: int,
) -> None:
    sink = intake.store(request_for())
    data = data_set(pixels)
    sink.write([memoryview(data)[: len(data) // 2]])
    sink.discard()
    sink.discard()
    assert volume.last() == 1
    assert not list((tmp_path / "store" / "incoming").iterdir())
    assert count("broken") == 1


async def test_a_break_after_the_answer_takes_nothing_back(
    intake: Intake, volume: Volume, data_set: DataSet, request_for: Request, count: Count
) -> None:
    sink = intake.store(request_for())
    sink.write([memoryview(data_set())])
    sink.finish()
    sink.discard()
    assert len(volume.find("1.2.3.4")) == 1
    assert count("broken") == 0


async def test_a_break_in_quarantine_leaves_nothing(
    intake: Intake, request_for: Request, tmp_path: Path
) -> None:
    sink = intake.store(request_for())
    sink.write([memoryview(bytes(1000))])
    sink.discard()
    assert list((tmp_path / "quarantine").iterdir()) == []


async def test_an_object_without_a_study_is_kept_under_a_stand_in(
    intake: Intake, volume: Volume, journal: Journal, data_set: DataSet, request_for: Request
) -> None:
    data = data_set(StudyInstanceUID=None)
    assert (await _send(intake, request_for(), data)).status == 0x0000
    [entry] = volume.find("1.2.3.4")
    assert entry.group.startswith("2.25.")
    [event] = await journal.latest()
    assert event.kind == "object.without_study"
