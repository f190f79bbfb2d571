"""Headers are remembered within bounds, and read again when they are not."""

from __future__ import annotations

from collections.abc import Callable

from appliance.archive import headers
from appliance.archive.headers import Headers, indexed
from appliance.dicom.header import PATIENT_ID, Header
from storage.store import Receipt
from storage.volume import Volume

Put = Callable[..., Receipt]


def test_a_header_is_handed_over_once(volume: Volume, put: Put) -> None:
    entry = put(1).entry
    kept = Headers(volume)
    kept.keep(entry.sequence, header := Header({PATIENT_ID: b"4711"}))
    assert kept.take(entry) is header
    assert kept.take(entry) is None


def test_the_memory_is_bounded(volume: Volume, put: Put) -> None:
    kept = Headers(volume)
    entry = put(1).entry
    kept.keep(entry.sequence, Header({PATIENT_ID: b"4711"}))
    for sequence in range(100, 200):
        kept.keep(sequence, Header({1: bytes(headers._MOST_BYTES // 50)}))
    assert kept.take(entry) is None
    assert kept._bytes <= headers._MOST_BYTES


def test_a_header_is_read_from_its_file(volume: Volume, put: Put) -> None:
    entry = put(1, PatientID="42").entry
    found = Headers(volume).read([entry])[entry.sequence]
    assert found is not None
    assert found.values[PATIENT_ID] == b"42"


def test_what_the_scanner_passes_over_is_not_read(volume: Volume, put: Put) -> None:
    from pydicom.dataset import Dataset

    large = Dataset()
    large.add_new(0x00091001, "OB", bytes(1 << 20))
    entry = put(1, ReferencedImageSequence=[large], PatientID="42").entry
    found = Headers(volume).read([entry])[entry.sequence]
    assert found is not None
    assert found.values[PATIENT_ID] == b"42"


def test_rubbish_and_missing_files_have_no_header(volume: Volume, put: Put) -> None:
    rubbish = put(1, content=bytes(500)).entry
    missing = put(2).entry
    volume.delete(missing.sha256, "test", "retention over")
    assert list(Headers(volume).read([rubbish, missing]).values()) == [None, None]
    assert not indexed(rubbish, None).readable


def test_stored_objects_are_seen_again_as_routing_saw_them(volume: Volume, put: Put) -> None:
    digests = [put(1).entry.sha256, put(2, PatientID="42").entry.sha256]
    first, second = Headers(volume).again([*digests, "0" * 64])
    assert (first.attributes["PatientID"], second.attributes["PatientID"]) == ("4711", "42")
    assert (first.source, first.study_uid) == ("CT1", "1.2.3")
