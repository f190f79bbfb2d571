"""The whole appliance: an image comes in, is kept, and goes on; and what is done beside it."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import trio
from click import ClickException
from pynetdicom import AE

from appliance import assembly
from appliance.commands.talk import Door
from appliance.config import Config
from appliance.errors import ConfigError
from appliance.premises import open_store
from storage.errors import StoreError
from tests.appliance.network.reception import receiving
from tests.appliance.running import (
    CT_SMALL,
    Operator,
    configured,
    picture,
    send,
    serving,
    until,
)

_FIVE = [picture(f"1.2.3.{number}") for number in range(5)]


@pytest.fixture(autouse=True)
def _same_pace() -> Iterator[None]:
    """`run` makes threads take turns more often."""
    interval = sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)


def _silent(_done: int, _total: int | None) -> None:
    """Nobody watches."""


def _modality(port: int) -> int:
    """What a scanner does, by another hand than ours."""
    entity = AE(ae_title="CT1")
    entity.add_requested_context("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1")
    association = entity.associate("127.0.0.1", port, ae_title="ARCA")
    assert association.is_established
    status = association.send_c_store(str(CT_SMALL)).Status
    association.release()
    return int(status)


async def test_an_image_comes_in_is_kept_and_goes_on(config: Config) -> None:
    operator = Operator(config)
    async with receiving() as pacs, serving(config) as port:
        await operator.node("PACS", pacs.port)
        await operator.rule("PACS", "Modality == 'CT' && source == 'CT1'")
        assert await trio.to_thread.run_sync(_modality, port) == 0
        with trio.fail_after(20):
            await pacs.rooms.until(lambda: bool(pacs.rooms.stored))
        [study] = await operator.get("/studies", search="compressedsamples")
        assert (study["patient_id"], study["instances"], study["modalities"]) == ("1CT1", 1, ["CT"])
        await until(lambda: _is_done(operator))
        assert (await operator.get("/status"))["status"]["instances"] == 1
    [sent] = pacs.rooms.stored
    assert CT_SMALL.read_bytes().endswith(sent)
    assert pacs.rooms.requests[0].caller.calling_ae_title == "ARCA"
    assert pacs.rooms.requests[0].affected_sop_class_uid == "1.2.840.10008.5.1.4.1.1.2"


async def _is_done(operator: Operator) -> bool:
    jobs = await operator.get("/queue")
    return [(one["state"], one["sent"], one["attempts"]) for one in jobs] == [("done", 1, 1)]


async def test_a_study_goes_once_it_is_complete(tmp_path: Path, empty_database: Path) -> None:
    config = configured(tmp_path, empty_database, dicom={"quiet_seconds": 0.2})
    operator = Operator(config)
    async with receiving() as pacs, serving(config) as port:
        await operator.node("PACS", pacs.port)
        await operator.rule("PACS", per="study")
        assert await send(port, _FIVE) == [0] * 5
        with trio.fail_after(20):
            await pacs.rooms.until(lambda: len(pacs.rooms.stored) == 5)
        [study] = await operator.get("/studies")
        assert study["complete"]


async def test_a_restart_goes_on_with_the_queue(config: Config) -> None:
    operator = Operator(config)
    async with receiving() as pacs:
        async with serving(config) as port:
            await operator.node("PACS", pacs.port)
            await operator.rule("PACS")
            await operator.post("/nodes/PACS/pause")
            assert await send(port, _FIVE) == [0] * 5
            await until(lambda: _waiting(operator, 5))
        assert pacs.rooms.stored == []
        async with serving(config):
            assert await _waiting(operator, 5)
            assert [one["name"] for one in await operator.get("/rules")] == ["to PACS"]
            await operator.post("/nodes/PACS/resume")
            with trio.fail_after(20):
                await pacs.rooms.until(lambda: len(pacs.rooms.stored) == 5)
    assert sorted(pacs.rooms.stored) == sorted(one.content for one in _FIVE)


async def _waiting(operator: Operator, count: int) -> bool:
    status = (await operator.get("/status"))["status"]
    return (status["waiting"], status["instances"]) == (count, count)


async def test_what_was_stored_but_not_indexed_is_routed_after_a_restart(config: Config) -> None:
    """As after a crash between the acknowledgement and the index."""
    operator = Operator(config)
    async with receiving() as pacs:
        async with serving(config):
            await operator.node("PACS", pacs.port)
            await operator.rule("PACS")
        await trio.to_thread.run_sync(_store_behind_its_back, config)
        async with serving(config):
            with trio.fail_after(20):
                await pacs.rooms.until(lambda: bool(pacs.rooms.stored))
    assert pacs.rooms.stored == [_FIVE[0].content]


def _store_behind_its_back(config: Config) -> None:
    one = _FIVE[0]
    with open_store(config) as volume:
        incoming = volume.receive(b"header")
        incoming.write([one.content])
        notes = {"sop_class": one.sop_class, "transfer_syntax": "1.2.840.10008.1.2.1"}
        incoming.commit(one.instance, one.study, notes)


# Starting and stopping.


def test_it_runs_until_it_is_told_to_stop(config: Config) -> None:
    told: list[Any] = []
    operator = threading.Thread(target=_stop_when_ready, args=(config, told))
    operator.start()
    assembly.run(config)
    operator.join(20)
    assert told[0]["well"]
    assert not config.control.socket.exists()


def _stop_when_ready(config: Config, told: list[Any]) -> None:
    while not told:
        with suppress(ClickException):
            told.append(Door(config.control.socket, "").get("/status"))
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(("section", "words"), [("dicom", "cannot listen"), ("web", "web.port")])
def test_a_port_in_use_is_told_in_words(
    tmp_path: Path, empty_database: Path, section: str, words: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = configured(tmp_path, empty_database, **{section: {"port": port}})
        with pytest.raises(ConfigError, match=words) as raised:
            assembly.run(config)
    assert str(port) in str(raised.value)


def _unmount(config: Config) -> None:
    (config.storage.path / "unit.json").rename(config.appliance.home / "elsewhere")


def _spoil_database(config: Config) -> None:
    (config.appliance.home / "index.sqlite").write_bytes(b"nothing of the kind " * 500)


@pytest.mark.parametrize(
    ("damage", "words"),
    [(_unmount, "Is the drive mounted"), (_spoil_database, "file is not a database")],
)
def test_what_is_missing_is_told_in_words(
    config: Config, damage: Callable[[Config], None], words: str
) -> None:
    open_store(config).close()
    damage(config)
    with pytest.raises(ConfigError, match=words):
        assembly.run(config)


def test_a_store_that_another_process_has_is_left_alone(config: Config) -> None:
    with open_store(config):
        with pytest.raises(StoreError, match="in use by another process"):
            assembly.run(config)
        with pytest.raises(StoreError, match="in use by another process"):
            assembly.reindex(config, _silent)


def test_a_fault_of_ours_is_not_made_plain() -> None:
    fault = ExceptionGroup("", [ValueError("ours"), ConfigError("theirs")])
    with pytest.raises(ConfigError, match="theirs"), assembly._plain_errors():
        raise ExceptionGroup("", [fault])
    with pytest.raises(ExceptionGroup), assembly._plain_errors():
        raise ExceptionGroup("", [ValueError("ours")])


# Beside it.


async def test_reindexing_gives_the_same_studies_and_sends_nothing(config: Config) -> None:
    operator = Operator(config)
    others = [picture(f"1.2.4.{n}", "1.2.4", PatientID="P2", Modality="MR") for n in range(3)]
    async with receiving() as pacs, serving(config) as port:
        await operator.node("PACS", pacs.port)
        await operator.rule("PACS")
        assert await send(port, [*_FIVE, *others]) == [0] * 8
        with trio.fail_after(20):
            await pacs.rooms.until(lambda: len(pacs.rooms.stored) == 8)
        await until(lambda: _waiting_for_nothing(operator))
        before = await operator.get("/studies")
    steps: list[tuple[int, int | None]] = []
    lines = await trio.to_thread.run_sync(_reindex, config, steps)
    assert (lines, steps[-1]) == (9, (9, 9))
    async with receiving() as pacs, serving(config):
        assert await operator.get("/studies") == before
        assert await _waiting_for_nothing(operator)
        status = (await operator.get("/status"))["status"]
        assert (status["studies"], status["instances"]) == (2, 8)
        assert len(await operator.get("/rules")) == 1
    assert pacs.rooms.stored == []


def _reindex(config: Config, steps: list[tuple[int, int | None]]) -> int:
    return assembly.reindex(config, lambda *step: steps.append(step))


async def _waiting_for_nothing(operator: Operator) -> bool:
    return bool((await operator.get("/status"))["status"]["waiting"] == 0)


async def test_the_store_is_verified_beside_the_process(config: Config) -> None:
    steps: list[tuple[int, int | None]] = []

    def verify() -> Any:
        return assembly.verify_store(config, lambda *step: steps.append(step))

    async with serving(config) as port:
        assert await send(port, _FIVE) == [0] * 5
        report = await trio.to_thread.run_sync(verify)
        assert (report.checked, report.is_well, steps[-1]) == (5, True, (5, 5))
        with pytest.raises(StoreError, match="in use"):
            await trio.to_thread.run_sync(assembly.reindex, config, _silent)
        first, second, *_ = sorted(config.storage.path.rglob("*.dcm"))
        await trio.to_thread.run_sync(_spoil, first)
        second.unlink()
        report = await trio.to_thread.run_sync(verify)
        assert (len(report.corrupt), len(report.missing)) == (1, 1)
        assert await send(port, [picture("1.2.3.9")]) == [0]


def _spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def test_the_start_is_checked_before(tmp_path: Path, empty_database: Path) -> None:
    config = configured(tmp_path, empty_database, storage={"sync": True})
    assert {one.level for one in assembly.check(config)} == {"ok"}
