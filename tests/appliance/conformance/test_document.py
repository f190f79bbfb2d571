"""What the statement says, and in which order."""

from __future__ import annotations

from appliance.conformance.document import Heading, Table, statement
from appliance.conformance.texts import Texts
from tests.appliance.conformance.facts import FACTS, FIND, FULL


def _cells(blocks: tuple[object, ...]) -> set[str]:
    return {
        cell for block in blocks if isinstance(block, Table) for row in block.rows for cell in row
    }


def test_the_chapters_of_the_standard() -> None:
    chapters = [
        one.text for one in statement(FACTS, Texts()) if isinstance(one, Heading) and one.level <= 2
    ]
    assert chapters == [
        "DICOM Conformance Statement",
        "Overview",
        "AE specifications",
        "Network",
        "Status codes",
        "DICOMweb services",
        "Media interchange",
        "Character sets",
        "Security",
    ]


def test_every_fact_is_there() -> None:
    cells = _cells(statement(FULL, Texts()))
    for told in (FIND, "CT Image Storage", "2.25.1", "A700-A7FF", "SearchForStudies", "2762"):
        assert told in cells
    assert {"PACS|1", "10.0.0.9:104", "as stored (preferred: RLE Lossless)"} <= cells


def test_every_row_has_its_titles() -> None:
    for facts in (FACTS, FULL):
        for block in statement(facts, Texts("es")):
            if isinstance(block, Table):
                assert {len(row) for row in block.rows} <= {len(block.titles)}
