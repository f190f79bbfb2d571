"""Searching the index in both databases, beside a naive oracle."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import pytest

from appliance.archive import search
from appliance.archive.criteria import (
    Criterion,
    Found,
    Holding,
    Like,
    Named,
    OfClass,
    OneOf,
    Sounding,
    Span,
)
from appliance.archive.indexing import Batch, Indexing
from appliance.archive.model import Described
from appliance.database.door import Database

DAYS = ("20240103", "20240104", "20240105")
_NAMES = ["Doe^Jane", "Doe^John", "Müller^Jörg", "Yamada^Tarou=山田^太郎", "O'Neil_%^X", ""]


@pytest.fixture
async def filled(database: Database, line: Callable[..., Described]) -> Database:
    dice = random.Random(4)
    lines = [
        line(
            number + 1,
            StudyInstanceUID=f"1.{number // 3}",
            SeriesInstanceUID=f"1.{number // 3}.{number % 2}",
            PatientID=f"P{number // 6}",
            PatientName=_NAMES[number // 6 % len(_NAMES)],
            SpecificCharacterSet="ISO_IR 192",
            StudyDate=f"2024010{1 + number // 3 % 9}",
            AccessionNumber=f"A{number // 3:02}",
            Modality=dice.choice(["CT", "MR", "PT"]),
        )
        for number in range(72)
    ]
    await database.run(Indexing().add, Batch("store", 72, lines))
    return database


async def _studies(database: Database, *criteria: Criterion) -> list[Found]:
    rows = await database.read(search.matching, "STUDY", criteria, None, 1000)
    assert rows == sorted(rows, reverse=True)
    return await database.read(search.found, "STUDY", rows, frozenset())


async def test_every_way_of_searching(filled: Database) -> None:
    everything = await _studies(filled)
    assert len(everything) == 24
    cases: list[tuple[Criterion, Callable[[dict[str, object]], bool]]] = [
        (OneOf("patient_id", ("P1",)), lambda one: one["patient_id"] == "P1"),
        (OneOf("patient_id", ("P1", "P2")), lambda one: one["patient_id"] in ("P1", "P2")),
        (OneOf("study_series", (2, 7)), lambda one: one["study_series"] == 2),
        (OneOf("accession_number", ()), lambda one: False),
        (Like("accession_number", ("A1*",)), lambda one: str(one["accession_number"])[1] == "1"),
        (Like("accession_number", ("?0?",)), lambda one: str(one["accession_number"])[1] == "0"),
        (Span("study_date", "20240103", "20240105"), lambda one: str(one["study_date"]) in DAYS),
        (Span("study_date", high="20240102"), lambda one: str(one["study_date"])[7] <= "2"),
        (Named(("doe*",)), lambda one: str(one["patient_name"]).startswith("Doe")),
        (Named(("muller jorg",)), lambda one: str(one["patient_name"]).startswith("M")),
        (Named(("山*",)), lambda one: "山" in str(one["patient_name"])),
        (Named(("*jane",)), lambda one: "Jane" in str(one["patient_name"])),
        (Named(("o'neil_%*",)), lambda one: "_%" in str(one["patient_name"])),
        (Named(("o'neilx%*",)), lambda one: False),
        (Sounding(("jayne", "dow")), lambda one: one["patient_name"] in ("Doe^Jane", "Doe^John")),
        (Holding(("PT",)), lambda one: "\\PT\\" in str(one["modalities"])),
        (Holding(("M?", "PT")), lambda one: one["modalities"] != "\\CT\\"),
        (OfClass(("1.2.840.10008.5.1.4.1.1.2", "9")), lambda one: True),
        (OfClass(("9",)), lambda one: False),
    ]  # fmt: skip
    for criterion, right in cases:
        found = await _studies(filled, criterion)
        expected = [one.row for one in everything if right(dict(one.values))]
        assert [one.row for one in found] == expected, criterion
    for (one, first), (other, second) in itertools.combinations(cases, 2):
        found = await _studies(filled, one, other)
        both = [x.row for x in everything if first(dict(x.values)) and second(dict(x.values))]
        assert [x.row for x in found] == both, (one, other)


async def test_other_levels_and_sums(filled: Database) -> None:
    patients = await filled.read(search.matching, "PATIENT", (Named(("doe jane",)),), None, 10)
    sums = frozenset({"patient_studies", "patient_series", "patient_instances"})
    first = (await filled.read(search.found, "PATIENT", patients, sums))[0]
    assert [first.values[name] for name in sorted(sums)] == ["6", "4", "2"]
    criteria = (OneOf("study_uid", ("1.0",)), OneOf("patient_id", ("P0",)))
    series = await filled.read(search.matching, "SERIES", criteria, None, 10)
    sums = frozenset({"series_instances", "sample", "sop_classes"})
    found = await filled.read(search.found, "SERIES", series, sums)
    assert sorted(str(one.values["series_instances"]) for one in found) == ["1", "2"]
    assert {one.values["sample"] for one in found} == {f"{1:064x}", f"{2:064x}"}
    assert found[0].values["sop_classes"] == "1.2.840.10008.5.1.4.1.1.2"
    images = await filled.read(search.matching, "IMAGE", criteria, None, 10)
    assert [len(images), await filled.read(search.contexts, images)] == [
        3,
        [("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1")],
    ]
    assert await filled.read(search.contexts, []) == []


async def test_page_by_page(filled: Database) -> None:
    pages: list[int] = []
    before: int | None = None
    while page := await filled.read(search.matching, "IMAGE", (), before, 10):
        pages += page
        before = page[-1]
    assert len(pages) == len(set(pages)) == 72
    selective = (Span("study_date", "20240101", "20240109"),)
    first = await filled.read(search.matching, "IMAGE", selective, None, 70)
    assert len(await filled.read(search.matching, "IMAGE", selective, first[-1], 70)) == 2
    gone = await filled.read(search.found, "IMAGE", [pages[3], 10**9, pages[1]], frozenset())
    assert [one.row for one in gone] == [pages[3], pages[1]]
    assert await filled.read(search.found, "IMAGE", [], frozenset()) == []
