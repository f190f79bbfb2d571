"""Criteria as SQL: the plan of every search by an indexed key uses its index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.archive.conditions import Conditions
from appliance.archive.criteria import (
    Criterion,
    Holding,
    Level,
    Like,
    Named,
    OneOf,
    Sounding,
    Span,
)
from appliance.archive.search import statement_for


@pytest.fixture(scope="module")
def tables(empty_database: Path) -> Iterator[sqlite3.Connection]:
    with sqlite3.connect(empty_database) as connection:
        yield connection
    connection.close()


_PLANS: list[tuple[Level, list[Criterion], str]] = [
    ("STUDY", [OneOf("patient_id", ("P1",))], "p USING COVERING INDEX"),
    ("STUDY", [OneOf("study_uid", ("1.2",))], "t USING COVERING INDEX"),
    ("STUDY", [OneOf("study_uid", ("1.2", "1.3"))], "t USING COVERING INDEX"),
    ("STUDY", [OneOf("accession_number", ("A",))], "t USING COVERING INDEX"),
    ("STUDY", [Like("accession_number", ("A*",))], "t USING COVERING INDEX"),
    ("STUDY", [Span("study_date", "20240101", "20240131")], "t USING COVERING INDEX"),
    ("STUDY", [Named(("doe*",))], "p USING INDEX"),
    ("STUDY", [Named(("doe*",)), Span("study_date", "20240101")], "t USING INDEX"),
    ("STUDY", [Sounding(("doe",)), Span("study_date", "20240101")], "t USING INDEX"),
    ("PATIENT", [Named(("doe jane",))], "p USING INDEX"),
    ("SERIES", [OneOf("study_uid", ("1",)), OneOf("modality", ("CT",))], "s USING INDEX"),
    ("SERIES", [OneOf("series_uid", ("1",))], "s USING COVERING INDEX"),
    ("IMAGE", [OneOf("study_uid", ("1",)), OneOf("series_uid", ("1",))], "i USING COVERING INDEX"),
    ("IMAGE", [OneOf("patient_id", ("P1",))], "i USING COVERING INDEX"),
    ("IMAGE", [OneOf("sop_instance_uid", ("1", "2"))], "i USING COVERING INDEX"),
]


@pytest.mark.parametrize(("level", "criteria", "expected"), _PLANS)
@pytest.mark.parametrize("before", [None, 7])
def test_the_plan(
    tables: sqlite3.Connection,
    level: Level,
    criteria: list[Criterion],
    expected: str,
    before: int | None,
) -> None:
    statement = statement_for(Conditions(postgres=False), level, criteria, before, 100)
    plan = [
        str(row[3])
        for row in tables.execute(f"EXPLAIN QUERY PLAN {statement.text}", statement.values)
    ]
    assert any(f"SEARCH {expected}" in step for step in plan), plan
    scans = [step for step in plan if step.startswith("SCAN") and "json_each" not in step]
    assert not scans, plan


def test_what_has_no_index_is_walked_newest_first(tables: sqlite3.Connection) -> None:
    statement = statement_for(Conditions(postgres=False), "STUDY", [Holding(("CT",))], None, 100)
    plan = list(tables.execute(f"EXPLAIN QUERY PLAN {statement.text}", statement.values))
    assert not [row for row in plan if "TEMP B-TREE" in row[3]]


def test_parameters_of_postgresql_are_numbered() -> None:
    conditions = Conditions(postgres=True)
    statement = statement_for(conditions, "STUDY", [Like("accession_number", ("A*",))], 5, 9)
    assert [f"${number}" in statement.text for number in range(1, 7)] == [True] * 5 + [False]
    assert statement.values == ("A", "A\U0010ffff", "A%", 5, 9)


def test_wire_data_is_never_part_of_a_statement() -> None:
    for postgres in (False, True):
        nasty = "'; DROP TABLE archive_study; --"
        criteria: list[Criterion] = [
            Named((nasty,)), Like("study_id", (nasty,)), OneOf("issuer", (nasty,)),
            Sounding((nasty,)), Holding((nasty,)),
        ]  # fmt: skip
        statement = statement_for(Conditions(postgres=postgres), "STUDY", criteria, None, 1)
        assert "DROP" not in statement.text
