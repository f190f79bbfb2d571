"""What a search asks for."""

from __future__ import annotations

import pytest

from web.dicomweb.errors import Refused
from web.dicomweb.parameters import Asked, asked
from web.dicomweb.routes import Target
from web.dicomweb.services import Level

KNOWN: dict[Level, frozenset[str]] = {
    "study": frozenset({"PatientID", "StudyInstanceUID"}),
    "series": frozenset({"Modality"}),
    "instance": frozenset(),
}


def read(kind: str, *query: tuple[str, str], study: str = "") -> Asked:
    return asked(Target(kind, study), query, KNOWN, 100)


def test_a_search() -> None:
    one = read("search study", ("00100020", "P1"), ("limit", "7"), ("offset", "3"))
    assert (one.level, one.conditions, one.limit, one.offset) == (
        "study",
        {"PatientID": "P1"},
        7,
        3,
    )
    assert read("search series", study="1.2").conditions == {"StudyInstanceUID": "1.2"}
    assert read("search study", ("limit", "9999")).limit == 100
    assert read("search study", ("fuzzymatching", "TRUE")).fuzzy


def test_what_is_told_beside_the_usual() -> None:
    told = read("search study", ("includefield", "PatientID,00100030")).include
    assert told == frozenset({0x00100020, 0x00100030})
    assert read("search study", ("includefield", "all")).include is None


def test_what_the_index_does_not_have_is_ignored() -> None:
    one = read("search study", ("PatientWeight", "7"), ("RequestAttributesSequence.StudyID", "x"))
    assert one.ignored == ("PatientWeight", "RequestAttributesSequence.StudyID")


@pytest.mark.parametrize("name", ["x", "0010", "limit.x", "a.b"])
def test_what_is_no_attribute(name: str) -> None:
    with pytest.raises(Refused):
        read("search study", (name, "1"))
