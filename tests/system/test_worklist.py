"""Other people's modalities ask for the worklist and tell what they did; another one is copied."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pynetdicom import AE
from pynetdicom.sop_class import ModalityPerformedProcedureStep, ModalityWorklistInformationFind

from appliance.dicom import dataset as _teaches_pydicom_repertoires  # noqa: F401
from tests.system.appliance import Appliance, free_port
from tests.system.patience import until
from tests.system.peers import Program, listening

WORKLIST = ModalityWorklistInformationFind
MPPS = ModalityPerformedProcedureStep
EXPLICIT = "1.2.840.10008.1.2.1"

# A name in each repertoire of PS3.5 §6.1.2, and how a modality says which one it is.
NAMES = {
    "ISO_IR 100": "Buc^Jérôme",
    "ISO_IR 101": "Wałęsa",
    "ISO_IR 109": "Ĉapek",
    "ISO_IR 110": "Bērziņš",
    "ISO_IR 144": "Люкceмбypг",  # noqa: RUF001
    "ISO_IR 127": "قباني^لنزار",
    "ISO_IR 126": "Διονυσιος",
    "ISO_IR 138": "שרון^דבורה",
    "ISO_IR 148": "Çavuşoğlu",
    "ISO_IR 203": "Lœuf",
    "ISO_IR 13": "ﾔﾏﾀﾞ^ﾀﾛｳ",
    "ISO_IR 166": "นามสกุล",
    "\\ISO 2022 IR 87": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "\\ISO 2022 IR 149": "Hong^Gildong=洪^吉洞=홍^길동",
    "ISO_IR 192": "Wang^XiaoDong=王^小東",
    "GB18030": "Wang^XiaoDong=王^小东",
    "GBK": "Wang^XiaoLi=王^小丽",
}


_JANE = (
    *("worklist", "add", "--patient", "Doe^Jane", "--id", "P1", "--ae", "CT1"),
    *("--modality", "CT", "--accession", "A1", "--step-id", "S1", "--study-uid", "1.2.3"),
)


def _register(arca: Appliance) -> None:
    """Who is not known may store, and nothing else."""
    arca.ask("node", "add", "ct1", "--ae", "CT1", "--host", "127.0.0.1", "--port", "104")


@pytest.fixture(scope="module")
def scheduled(shared_arca: Appliance) -> Appliance:
    """Jane at CT1 with a time, and somebody in each repertoire at MR1."""
    _register(shared_arca)
    shared_arca.ask(
        *_JANE,
        *("--code", "CTHEAD:99LOCAL:Head", "--contrast", "Iohexol"),
        *("--at", "2026-11-30 09:30", "--procedure", "CT head"),
    )
    others = [
        {
            "patient_name": name,
            "accession_number": f"N{number}",
            "modality": "MR",
            "station_ae_titles": "MR1",
            "start_date": "20261201",
            "start_time": "100000",
        }
        for number, name in enumerate(NAMES.values())
    ]
    path = shared_arca.home / "others.jsonl"
    path.write_text("\n".join(map(json.dumps, others)))
    assert shared_arca.ask("worklist", "import", str(path))["added"] == len(NAMES)
    return shared_arca


def _findscu(arca: Appliance, folder: Path, *wanted: str) -> list[Dataset]:
    folder.mkdir()
    words = ["findscu", "-W", "-X", "-od", str(folder), "-aec", "ARCA", "-aet", "CT1"]
    keys = [word for one in wanted for word in ("-k", one)]
    done = subprocess.run(
        [*words, *keys, "127.0.0.1", str(arca.port)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [pydicom.dcmread(path) for path in sorted(folder.iterdir())]


_STEP = "ScheduledProcedureStepSequence[0]."


@pytest.mark.parametrize(
    ("keys", "count"),
    [
        ([f"{_STEP}Modality=CT", "PatientID"], 1),
        ([f"{_STEP}ScheduledStationAETitle=MR1", "PatientID"], len(NAMES)),
        ([f"{_STEP}ScheduledProcedureStepStartDate=20261130-20261130", "PatientID"], 1),
        ([f"{_STEP}ScheduledProcedureStepStartDate=20270101-", "PatientID"], 0),
        ([f"{_STEP}Modality", "PatientName=doe*"], 1),
        ([f"{_STEP}Modality", "PatientName=*" + "?*" * 400], 0),
        ([f"{_STEP}ScheduledProcedureStepID=S?", "AccessionNumber=A1"], 1),
    ],
)
def test_findscu(scheduled: Appliance, tmp_path: Path, keys: Sequence[str], count: int) -> None:
    assert len(_findscu(scheduled, tmp_path / "found", *keys)) == count


def test_every_return_key_comes_back(scheduled: Appliance, tmp_path: Path) -> None:
    keys = [
        "PatientName=Doe^Jane",
        "PatientSex",
        f"{_STEP}Modality",
        f"{_STEP}ScheduledProtocolCodeSequence[0].CodeValue",
        f"{_STEP}ScheduledProtocolCodeSequence[0].CodeMeaning",
        f"{_STEP}RequestedContrastAgent",
    ]
    [found] = _findscu(scheduled, tmp_path / "found", *keys)
    step = found.ScheduledProcedureStepSequence[0]
    assert (found.PatientSex, step.Modality, step.RequestedContrastAgent) == ("", "CT", "Iohexol")
    code = step.ScheduledProtocolCodeSequence[0]
    assert (code.CodeValue, code.CodeMeaning) == ("CTHEAD", "Head")
    assert "CodingSchemeDesignator" not in code


@pytest.mark.parametrize("charset", NAMES)
def test_names_in_every_repertoire(scheduled: Appliance, charset: str) -> None:
    """The key is in the repertoire of the modality; the answer is what that, or UTF-8, can say."""
    asked, step = Dataset(), Dataset()
    asked.SpecificCharacterSet = charset.split("\\")
    asked.PatientName, step.Modality = NAMES[charset], "MR"
    asked.ScheduledProcedureStepSequence = Items([step])
    with _Modality(scheduled, WORKLIST) as association:
        answers = list(association.send_c_find(asked, WORKLIST))
    assert [f"{status.Status:04X}" for status, _ in answers] == ["FF00", "0000"]
    found = answers[0][1]
    assert found is not None
    assert str(found.PatientName).rstrip("=") == NAMES[charset]
    told = found.SpecificCharacterSet
    assert told == charset or list(told) == charset.split("\\")


class _Modality:
    """pynetdicom as a modality."""

    def __init__(self, arca: Appliance, sop_class: str) -> None:
        entity = AE(ae_title="CT1")
        entity.add_requested_context(sop_class)
        self._made = entity.associate("127.0.0.1", arca.port, ae_title="ARCA")
        assert self._made.is_established

    def __enter__(self) -> Any:
        return self._made

    def __exit__(self, *_: object) -> None:
        self._made.release()


def _performed(status: str) -> Dataset:
    made, about, series, image = Dataset(), Dataset(), Dataset(), Dataset()
    made.PerformedProcedureStepStatus = status
    if status == "IN PROGRESS":
        about.StudyInstanceUID, about.ScheduledProcedureStepID = "1.2.3", "S1"
        about.AccessionNumber = "A1"
        made.ScheduledStepAttributesSequence = Items([about])
        made.PatientName, made.PatientID, made.Modality = "Doe^Jane", "P1", "CT"
        made.PerformedStationAETitle, made.PerformedProcedureStepID = "CT1", "PPS1"
        made.PerformedProcedureStepStartDate = "20261130"
        made.PerformedProcedureStepStartTime = "093500"
        return made
    series.SeriesInstanceUID = "1.2.3.9"
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = "1.2", "1.2.3.9.1"
    series.ReferencedImageSequence = Items([image])
    made.PerformedSeriesSequence = Items([series])
    made.PerformedProcedureStepEndDate = "20261130"
    made.PerformedProcedureStepEndTime = "100000"
    return made


def test_mpps_survives_a_crash_and_the_item_follows(arca: Appliance) -> None:
    _register(arca)
    arca.ask(
        *_JANE,
        *("--at", "2026-11-30 09:30"),
    )
    with _Modality(arca, MPPS) as association:
        status, _ = association.send_n_create(_performed("IN PROGRESS"), MPPS, "1.2.9")
        assert status.Status == 0
        status, _ = association.send_n_create(_performed("IN PROGRESS"), MPPS, "1.2.9")
        assert status.Status == 0x0111
    arca.kill()
    arca.start()
    [item] = arca.ask("worklist", "list")
    assert item["state"] == "STARTED"
    with _Modality(arca, MPPS) as association:
        status, _ = association.send_n_set(_performed("COMPLETED"), MPPS, "1.2.9")
        assert status.Status == 0
        status, _ = association.send_n_set(_performed("DISCONTINUED"), MPPS, "1.2.9")
        assert (status.Status, status.ErrorID) == (0x0110, 0xA710)
    assert arca.ask("worklist", "list") == []
    [item] = arca.ask("worklist", "list", "--all")
    assert item["state"] == "COMPLETED"
    until(lambda: "have not arrived" in str(arca.ask("events")), 30, "what is missing is told")


class Wlmscpfs(Program):
    """dcmtk's worklist server, with a folder of files."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder, port = folder / "RIS", port or free_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "lockfile").touch()
        words = ["wlmscpfs", "-dfp", str(folder), "-cs1", str(port)]
        super().__init__(words, port, folder.with_suffix(".log"))
        self.await_ready(lambda: listening(port), "wlmscpfs listens")


def _file(path: Path, number: int, day: str) -> None:
    made, step = Dataset(), Dataset()
    made.SpecificCharacterSet = "ISO_IR 100"
    made.PatientName, made.PatientID = "Müller^Jörg", f"R{number}"
    made.AccessionNumber, made.StudyInstanceUID = f"R{number}", f"1.2.7.{number}"
    made.RequestedProcedureID, made.RequestedProcedureDescription = f"RP{number}", "CT chest"
    step.ScheduledStationAETitle, step.Modality = "CT1", "CT"
    step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime = day, "0800"
    step.ScheduledProcedureStepID = f"S{number}"
    step.ScheduledProcedureStepDescription = "CT chest"
    step.ScheduledPerformingPhysicianName = "Who"
    made.ScheduledProcedureStepSequence = Items([step])
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPInstanceUID = EXPLICIT, "1.2.3"
    meta.MediaStorageSOPClassUID = "1.2.276.0.7230010.3.1.0.1"
    FileDataset(None, made, file_meta=meta, preamble=bytes(128)).save_as(
        path, enforce_file_format=True
    )


@pytest.fixture
def today() -> str:
    return subprocess.run(["date", "+%Y%m%d"], capture_output=True, text=True).stdout.strip()


@pytest.fixture
def ris(tmp_path: Path, today: str) -> Iterator[Wlmscpfs]:
    made = Wlmscpfs(tmp_path / "ris")
    try:
        for number in (1, 2):
            _file(made.folder / f"{number}.wl", number, today)
        yield made
    finally:
        with suppress(ProcessLookupError):  # a test stops it itself
            made.stop()


def test_a_copy_goes_on_while_its_source_is_down(
    arca: Appliance, ris: Wlmscpfs, tmp_path: Path
) -> None:
    arca.ask("node", "add", "ris", "--ae", "RIS", "--host", "127.0.0.1", "--port", str(ris.port))
    _register(arca)
    taken = arca.ask("worklist", "copy", "ris")
    assert (taken["added"], taken["problems"]) == (2, [])
    (ris.folder / "2.wl").unlink()
    assert arca.ask("worklist", "copy", "ris")["removed"] == 1
    arca.ask("worklist", "copy", "ris", "--every", "10s")
    until(lambda: arca.ask("worklist", "copies")[0]["last_at"], 30, "it is copied")
    ris.stop()
    arca.ask("worklist", "copy", "ris", "--every", "10s")
    until(lambda: arca.ask("worklist", "copies")[0]["note"], 30, "the source is found down")
    [found] = _findscu(arca, tmp_path / "found", f"{_STEP}Modality=CT", "PatientName=muller*")
    assert found.PatientName == "Müller^Jörg"


def test_files_are_taken_in_and_again_does_no_harm(
    arca: Appliance, tmp_path: Path, today: str
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    _file(folder / "1.wl", 1, today)
    (folder / "lockfile").touch()
    made = pydicom.dcmread(io.BytesIO((folder / "1.wl").read_bytes()))
    made.AccessionNumber = "R9"
    line = made.to_json()
    (folder / "more.jsonl").write_text(f"{line}\n")
    assert arca.ask("worklist", "import", str(folder))["added"] == 2
    assert arca.ask("worklist", "import", str(folder))["unchanged"] == 2
