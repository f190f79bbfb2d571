"""Other people's programs ask the appliance: dcmtk, pynetdicom and Orthanc."""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Sequence
from pathlib import Path

import pydicom
import pytest
from pydicom.charset import python_encoding
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pynetdicom import AE, build_role, evt

from tests.system import wire
from tests.system.appliance import Appliance, free_port
from tests.system.images import (
    CT,
    EXPLICIT_LITTLE,
    PATIENT_NAME,
    Image,
    content_digest,
    ct,
    put,
    read,
    uid,
)
from tests.system.peers import Orthanc, Scripted, StoreScp

_FIND, _GET = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.3"
_IMAGES = [ct(number, source=70, study=study) for study in (1, 2) for number in range(3)]
_STUDY, _SERIES = uid(70, 1), uid(70, 1, 0)


@pytest.fixture(scope="module")
def filled(shared_arca: Appliance) -> Appliance:
    for ae_title in ("FINDSCU", "MOVESCU", "GETSCU", "PYNETDICOM"):
        _register(shared_arca, ae_title, 104)
    assert wire.store(shared_arca.port, _IMAGES) == [0] * len(_IMAGES)
    shared_arca.settled(len(_IMAGES))
    return shared_arca


def _dcmtk(program: str, arca: Appliance, *words: str) -> subprocess.CompletedProcess[str]:
    line = [program, "-v", "-aec", "ARCA", *words, "127.0.0.1", str(arca.port)]
    return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)


def _register(arca: Appliance, ae_title: str, port: int) -> None:
    words = ["--ae", ae_title, "--host", "127.0.0.1", "--port", str(port)]
    arca.ask("node", "add", ae_title.lower(), *words)


_LEVELS = {
    "PATIENT": ["PatientID=1CT1"],
    "STUDY": ["PatientID=1CT1", f"StudyInstanceUID={_STUDY}"],
    "SERIES": ["PatientID=1CT1", f"StudyInstanceUID={_STUDY}", f"SeriesInstanceUID={_SERIES}"],
    "IMAGE": [
        "PatientID=1CT1",
        f"StudyInstanceUID={_STUDY}",
        f"SeriesInstanceUID={_SERIES}",
        f"SOPInstanceUID={_IMAGES[1].sop_instance_uid}",
    ],
}
_COUNTS = {"PATIENT": 6, "STUDY": 3, "SERIES": 3, "IMAGE": 1}


def _keys(root: str, level: str) -> list[str]:
    keys = _LEVELS[level][root == "-S" :]
    return [word for key in (f"QueryRetrieveLevel={level}", *keys) for word in ("-k", key)]


@pytest.mark.parametrize(
    ("root", "level"),
    [("-P", level) for level in _LEVELS] + [("-S", level) for level in list(_LEVELS)[1:]],
)
def test_dcmtk_at_every_level(filled: Appliance, tmp_path: Path, root: str, level: str) -> None:
    found = _dcmtk("findscu", filled, root, *_keys(root, level), "-k", "PatientName")
    assert found.returncode == 0
    assert "CompressedSamples^CT1" in found.stdout + found.stderr
    got = tmp_path / "got"
    got.mkdir()
    done = _dcmtk("getscu", filled, root, "-od", str(got), "+B", *_keys(root, level))
    assert done.returncode == 0, done.stderr
    digests = {content_digest(path) for path in got.iterdir()}
    assert len(digests) == _COUNTS[level]
    assert digests <= {image.digest for image in _IMAGES}


@pytest.mark.parametrize("root", ["-P", "-S"])
def test_movescu_to_a_registered_node_only(filled: Appliance, tmp_path: Path, root: str) -> None:
    stranger = _dcmtk("movescu", filled, root, "-aem", "WHO", *_keys(root, "STUDY"))
    assert "MoveDestinationUnknown" in stranger.stderr + stranger.stdout
    with StoreScp(tmp_path / "moved") as destination:
        name = f"MOVED{root[1]}"
        _register(filled, name, destination.port)
        done = _dcmtk("movescu", filled, root, "-aem", name, *_keys(root, "STUDY"))
        assert done.returncode == 0, done.stderr
        assert destination.digests() == {image.digest for image in _IMAGES[:3]}


def test_orthanc_finds_and_retrieves(filled: Appliance, tmp_path: Path) -> None:
    with Orthanc(tmp_path / "orthanc", filled.port) as orthanc:
        _register(filled, "ORTHANC", orthanc.port)
        question = b'{"Level": "Study", "Query": {"PatientName": "compressed*"}}'
        query = orthanc.ask("/modalities/arca/query", question)["ID"]
        assert len(orthanc.ask(f"/queries/{query}/answers")) == 2
        orthanc.ask(f"/queries/{query}/retrieve", b'{"TargetAet": "ORTHANC", "Synchronous": true}')
        assert len(orthanc.instances()) == len(_IMAGES)


def test_pynetdicom_gets(filled: Appliance) -> None:
    kept: list[bytes] = []

    def keep(event: evt.Event) -> int:
        kept.append(bytes(event.request.DataSet.getvalue()))
        return 0

    entity = AE(ae_title="PYNETDICOM")
    entity.add_requested_context(_GET)
    entity.add_requested_context(CT, EXPLICIT_LITTLE)
    asked = Dataset()
    asked.QueryRetrieveLevel, asked.StudyInstanceUID = "STUDY", _STUDY
    association = entity.associate(
        "127.0.0.1", filled.port, ae_title="ARCA",
        ext_neg=[build_role(CT, scp_role=True)], evt_handlers=[(evt.EVT_C_STORE, keep)],
    )  # fmt: skip
    *_, (status, _) = association.send_c_get(asked, _GET)
    association.release()
    assert (status.Status, status.NumberOfCompletedSuboperations) == (0, 3)
    assert kept == [image.content for image in _IMAGES[:3]]


python_encoding.setdefault("ISO_IR 203", "iso8859_15")  # younger than this pydicom

# PS3.5 §6.1 and Annexes H to K: each repertoire with a name that needs it.
_NAMES = {
    "": "Doe^Jane",
    "ISO_IR 100": "Buc^Jérôme",
    "ISO_IR 101": "Wałęsa^Łukasz",
    "ISO_IR 109": "Ĉapek^Ĝoĉo",
    "ISO_IR 110": "Bērziņš^Ģirts",
    "ISO_IR 144": "Люкceмбypг^Роза",  # noqa: RUF001
    "ISO_IR 127": "قباني^لنزار",
    "ISO_IR 126": "Διονυσιος^Νικος",
    "ISO_IR 138": "שרון^דבורה",
    "ISO_IR 148": "Çavuşoğlu^Işık",  # noqa: RUF001
    "ISO_IR 203": "Œuvrard^Žofie",
    "ISO_IR 166": "นามสกุล^ชื่อ",
    "ISO_IR 13": "ﾔﾏﾀﾞ^ﾀﾛｳ",
    "\\ISO 2022 IR 87": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "ISO 2022 IR 13\\ISO 2022 IR 87": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    "\\ISO 2022 IR 87\\ISO 2022 IR 159": "Suzuki=丂丄^太郎",
    "\\ISO 2022 IR 149": "Hong^Gildong=洪^吉洞=홍^길동",
    "\\ISO 2022 IR 58": "Zhang^XiaoDong=张^小东",
    "GB18030": "Wang^XiaoDong=王^小东",
    "GBK": "Li^Na=李^娜",
    "ISO_IR 192": "Wang^XiaoDong=王^小東",
}


# pydicom leaves the escape sequences of this one out: PS3.5 Annex K has them.
_WITHOUT_ESCAPES = "\\ISO 2022 IR 58"
_WITH_ESCAPES = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab"


def _named(number: int, charset: str, name: str) -> Image:
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")), stop_before_pixels=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.SpecificCharacterSet = charset.split("\\") if charset else None
    dataset.PatientName, dataset.PatientID = name, f"R{number}"
    dataset.SOPInstanceUID, dataset.StudyInstanceUID = uid(71, number, 1), uid(71, number)
    dataset.SeriesInstanceUID = uid(71, number, 0)
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = False, True
    write_dataset(buffer, dataset)
    content = bytes(buffer.getvalue())
    if charset == _WITHOUT_ESCAPES:
        content = put(content, PATIENT_NAME, _WITH_ESCAPES)
    return Image(CT, dataset.SOPInstanceUID, EXPLICIT_LITTLE, content)


@pytest.fixture(scope="module")
def named(filled: Appliance) -> Appliance:
    images = [_named(number, *one) for number, one in enumerate(_NAMES.items())]
    assert wire.store(filled.port, images) == [0] * len(images)
    filled.settled(len(_IMAGES) + len(images))
    return filled


@pytest.fixture(scope="module")
def asking(named: Appliance) -> AE:
    entity = AE(ae_title="PYNETDICOM")
    entity.add_requested_context(_FIND, EXPLICIT_LITTLE)
    return entity


def _find(entity: AE, arca: Appliance, asked: Dataset) -> Sequence[Dataset]:
    association = entity.associate("127.0.0.1", arca.port, ae_title="ARCA")
    answers = list(association.send_c_find(asked, _FIND))
    association.release()
    assert answers[-1][0].Status == 0
    return [dataset for _, dataset in answers[:-1]]


@pytest.mark.parametrize("number", range(len(_NAMES)), ids=list(_NAMES))
@pytest.mark.parametrize("universal", [True, False], ids=["in UTF-8", "in its own"])
def test_names_of_every_repertoire(
    named: Appliance, asking: AE, number: int, universal: bool
) -> None:
    charset, name = list(_NAMES.items())[number]
    universal = universal or charset == _WITHOUT_ESCAPES
    asked = Dataset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asked.SpecificCharacterSet = "ISO_IR 192" if universal else charset.split("\\")
    asked.QueryRetrieveLevel, asked.PatientID, asked.PatientName = "STUDY", "R*", name
    (found,) = [one for one in _find(asking, named, asked) if one.PatientID == f"R{number}"]
    assert str(found.PatientName) == name
    assert found.get("StudyInstanceUID") == uid(71, number)


def test_a_destination_that_is_not_there(filled: Appliance) -> None:
    _register(filled, "GONE", free_port())
    done = _dcmtk("movescu", filled, "-S", "-aem", "GONE", *_keys("-S", "STUDY"))
    assert "Refused: OutOfResourcesSubOperations" in done.stderr + done.stdout


def test_what_is_stored_compressed_arrives_with_equal_pixels(
    filled: Appliance, tmp_path: Path
) -> None:
    stored = read(Path(str(get_testdata_file("MR_small_RLE.dcm"))))
    assert stored is not None
    before = sum(filled.indexed().values())
    assert wire.store(filled.port, [stored]) == [0]
    filled.settled(before + 1)
    keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={stored.study_uid}"]
    got = tmp_path / "got"
    got.mkdir()
    done = _dcmtk("getscu", filled, "-S", "-od", str(got), *keys)
    assert done.returncode == 0, done.stderr
    (path,) = got.iterdir()
    received = pydicom.dcmread(path)
    original = pydicom.dcmread(str(get_testdata_file("MR_small_RLE.dcm")))
    assert received.file_meta.TransferSyntaxUID == EXPLICIT_LITTLE
    assert (received.pixel_array == original.pixel_array).all()
    with StoreScp(tmp_path / "plain", "+xi") as plain, Scripted() as anything:
        _register(filled, "PLAIN", plain.port)
        _register(filled, "ANYTHING", anything.port)
        for title in ("PLAIN", "ANYTHING"):
            assert _dcmtk("movescu", filled, "-S", "-aem", title, *keys).returncode == 0
        (moved,) = plain.folder.iterdir()
        assert (pydicom.dcmread(moved).pixel_array == original.pixel_array).all()
        assert anything.digests() == {stored.digest}
