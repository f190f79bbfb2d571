"""Searches the index page by page: units of work that change nothing.

First the row numbers, newest first; then the rows of a page, by number. The position between
two pages is a number too, so that nothing is read twice and what comes meanwhile moves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from appliance.archive.conditions import PARENTS, TABLES, Conditions, Sql
from appliance.archive.criteria import (
    FIELDS,
    LEVELS,
    Criterion,
    Found,
    Level,
    levels_to,
)
from appliance.database.schema import writer

# What is added up only for those who ask: field → the level whose rows have it.
SUMS: dict[str, Level] = {
    "patient_studies": "PATIENT",
    "patient_series": "PATIENT",
    "patient_instances": "PATIENT",
    "sop_classes": "STUDY",
    "series_instances": "SERIES",
    "sample": "SERIES",  # SHA-256 of one instance of the series
}


async def matching(
    level: Level, criteria: Sequence[Criterion], before: int | None, limit: int
) -> list[int]:
    """Row numbers below `before`, descending."""
    statement = statement_for(_conditions(), level, criteria, before, limit)
    return [int(row["id"]) for row in await _rows(statement)]


def statement_for(
    conditions: Conditions,
    level: Level,
    criteria: Sequence[Criterion],
    before: int | None,
    limit: int,
) -> Sql:
    """Public for the tests that look at its plan."""
    table, alias = TABLES[level]
    where = conditions.where(level, criteria)
    # A plus sign keeps the database from walking the whole table in this order.
    row = f"+{alias}.id" if where and where.selective else f"{alias}.id"
    parts = [where.text] if where else []
    parts += [f"{row} < ?"] if before is not None else []
    condition = f" WHERE {' AND '.join(parts)}" if parts else ""
    values = (*(where.values if where else ()), *(() if before is None else (before,)), limit)
    text = f"SELECT {alias}.id AS id FROM {table} {alias}{condition} ORDER BY {row} DESC LIMIT ?"
    return Sql(conditions.numbered(text), values)


async def found(level: Level, rows: Sequence[int], sums: frozenset[str]) -> list[Found]:
    """The rows of a page in the order asked for; those that went meanwhile are left out."""
    if not rows:
        return []
    conditions = _conditions()
    wanted = conditions.one_of(f"{TABLES[level][1]}.id", rows)
    text = f"{_select(level)} WHERE {wanted.text}"
    read = {row["id"]: row for row in await _rows(Sql(conditions.numbered(text), wanted.values))}
    there = [dict(read[row]) for row in rows if row in read]
    for name in sorted(sums):
        await _add_sum(there, level, name)
    return [Found(int(row.pop("id")), row) for row in there]


async def contexts(rows: Sequence[int]) -> list[tuple[str, str]]:
    """The SOP classes and transfer syntaxes of instances, each pair once."""
    if not rows:
        return []
    conditions = _conditions()
    wanted = conditions.one_of("i.id", rows)
    text = (
        "SELECT DISTINCT i.sop_class_uid AS a, i.transfer_syntax_uid AS b "
        f"FROM archive_instance i WHERE {wanted.text} ORDER BY 1, 2"
    )
    found_ones = await _rows(Sql(conditions.numbered(text), wanted.values))
    return [(str(row["a"]), str(row["b"])) for row in found_ones]


def _conditions() -> Conditions:
    return Conditions(postgres=_postgres(writer()))


def _postgres(connection: BaseDBAsyncClient) -> bool:
    return connection.capabilities.dialect == "postgres"


async def _rows(statement: Sql) -> list[dict[str, Any]]:
    return await writer().execute_query_dict(statement.text, list(statement.values))


def _select(level: Level) -> str:
    """All fields of a level and of those above it."""
    levels = levels_to(level)
    alias = TABLES[level][1]
    columns = [
        f'{TABLES[field.level][1]}.{field.column} AS "{name}"'
        for name, field in FIELDS.items()
        if field.level in levels
    ]
    columns += [f"{TABLES[one][1]}.id AS row_of_{one.lower()}" for one in levels]
    joins = "".join(_join(one) for one in reversed(levels[:-1]))
    return f"SELECT {alias}.id AS id, {', '.join(columns)} FROM {TABLES[level][0]} {alias}{joins}"


def _join(above: Level) -> str:
    table, alias = TABLES[above]
    below = LEVELS[LEVELS.index(above) + 1]
    return f" JOIN {table} {alias} ON {alias}.id = {TABLES[below][1]}.{PARENTS[below]}"


_OF_STUDIES = "SELECT t.person_id AS k, {} AS v FROM archive_study t WHERE {} GROUP BY t.person_id"
_SUMS = {  # the statement, and the column that its rows are chosen by
    "patient_studies": (_OF_STUDIES.replace("{}", "COUNT(*)", 1), "t.person_id"),
    "patient_series": (_OF_STUDIES.replace("{}", "SUM(t.series)", 1), "t.person_id"),
    "patient_instances": (_OF_STUDIES.replace("{}", "SUM(t.instances)", 1), "t.person_id"),
    "series_instances": (
        "SELECT i.series_id AS k, COUNT(*) AS v FROM archive_instance i WHERE {} "
        "GROUP BY i.series_id",
        "i.series_id",
    ),
    "sample": (
        "SELECT a.series_id AS k, a.sha256 AS v FROM archive_instance a WHERE a.id IN "
        "(SELECT MIN(i.id) FROM archive_instance i WHERE {} GROUP BY i.series_id)",
        "i.series_id",
    ),
    "sop_classes": (
        "SELECT DISTINCT s.study_id AS k, i.sop_class_uid AS v FROM archive_series s "
        "JOIN archive_instance i ON i.series_id = s.id WHERE {} ORDER BY 1, 2",
        "s.study_id",
    ),
}


async def _add_sum(rows: Sequence[dict[str, Any]], level: Level, name: str) -> None:
    """Put a sum beside the fields of each row; several values are parted by backslashes."""
    if SUMS[name] not in levels_to(level):
        return
    key = f"row_of_{SUMS[name].lower()}"
    text, column = _SUMS[name]
    conditions = _conditions()
    wanted = conditions.one_of(column, sorted({int(row[key]) for row in rows}))
    statement = Sql(conditions.numbered(text.format(wanted.text)), wanted.values)
    sums: dict[int, list[str]] = {}
    for one in await _rows(statement):
        sums.setdefault(int(one["k"]), []).append(str(one["v"]))
    for row in rows:
        row[name] = "\\".join(sums.get(int(row[key]), []))
