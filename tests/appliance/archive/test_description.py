"""What the index keeps of an object."""

from __future__ import annotations

from collections.abc import Callable

from appliance.archive.description import describe
from appliance.archive.model import IndexedInstance
from appliance.dicom.attributes import Attributes
from appliance.dicom.header import Header
from appliance.dicom.uids import well_formed


def test_attributes_find_their_places(make: Callable[..., IndexedInstance]) -> None:
    found = describe(make(7, AccessionNumber="A1", IssuerOfPatientID="H", SeriesNumber=3))
    assert (found.patient.patient_id, found.patient.issuer) == ("4711", "H")
    assert (found.patient.name, found.patient.name_raw) == ("Doe^Jane", b"Doe^Jane")
    assert (found.study.study_uid, found.study.accession_number) == ("1.2.3", "A1")
    assert (found.series.series_uid, found.series.number) == ("1.2.3.1", 3)
    assert (found.instance.number, found.instance.rows, found.instance.columns) == (7, 512, 256)
    assert (found.instance.bits, found.instance.sequence) == (12, 7)
    assert found.study.source == "CT1"


def test_the_original_name_is_kept_beside_the_decoded_one(
    make: Callable[..., IndexedInstance],
) -> None:
    found = describe(make(1, SpecificCharacterSet="ISO_IR 100", PatientName="Müller^Jörg"))
    assert found.patient.name == "Müller^Jörg"
    assert found.patient.name_raw == "Müller^Jörg".encode("latin-1")


def test_a_series_without_a_uid_gets_one_of_its_study(
    make: Callable[..., IndexedInstance],
) -> None:
    one = describe(make(1, SeriesInstanceUID=None)).series.series_uid
    other = describe(make(2, SeriesInstanceUID=None)).series.series_uid
    elsewhere = describe(make(3, SeriesInstanceUID=None, StudyInstanceUID="1.9")).series.series_uid
    assert well_formed(one)
    assert one == other != elsewhere


def test_numbers_too_large_for_a_column_are_left_out(make: Callable[..., IndexedInstance]) -> None:
    assert describe(make(1, InstanceNumber="9999999999")).instance.number is None


def test_of_an_unreadable_object_only_the_ledger_speaks(
    make: Callable[..., IndexedInstance],
) -> None:
    found = describe(IndexedInstance(make(1).entry, Attributes(Header({})), readable=False))
    assert not found.instance.readable
    assert found.study.study_uid == "1.2.3"
    assert found.patient.name == ""
