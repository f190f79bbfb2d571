"""Criteria as SQL: names from our own tables, everything else a parameter.

One subquery per level, each of which can use the indexes of its table, so that the plan does
not hang on what the database guesses. SQLite and PostgreSQL differ in three places.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from appliance.archive.criteria import (
    FIELDS,
    LEVELS,
    Criterion,
    Holding,
    Level,
    Like,
    Named,
    OfClass,
    OneOf,
    Sounding,
    Span,
    level_of,
)
from appliance.archive.names import sound

TABLES: dict[Level, tuple[str, str]] = {  # with the alias in every statement
    "PATIENT": ("archive_patient", "p"),
    "STUDY": ("archive_study", "t"),
    "SERIES": ("archive_series", "s"),
    "IMAGE": ("archive_instance", "i"),
}
PARENTS: dict[Level, str] = {"STUDY": "person_id", "SERIES": "study_id", "IMAGE": "series_id"}
_NAMES = ("p.name_folded", "p.ideographic_folded", "p.phonetic_folded")
_LAST = "\U0010ffff"  # behind every character there is, also in UTF-8


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of a statement with its parameters, which are question marks in it."""

    text: str
    values: tuple[Any, ...] = ()
    selective: bool = False  # an index leads to the few rows that meet it


class Conditions:
    """Writes for one kind of database."""

    def __init__(self, *, postgres: bool) -> None:
        self._postgres = postgres

    def where(self, level: Level, criteria: Sequence[Criterion]) -> Sql | None:
        """What rows of that level must meet; None when nothing is asked."""
        own = [self._condition(one) for one in criteria if level_of(one) == level]
        above = LEVELS.index(level) - 1
        if above >= 0 and (parents := self.where(LEVELS[above], criteria)):
            selective = any(one.selective for one in own)
            own.append(_of_parent(level, LEVELS[above], parents, correlated=selective))
        if not own:
            return None
        return _joined(" AND ", own, selective=any(one.selective for one in own))

    def numbered(self, text: str) -> str:
        """The statement with its parameters as this database wants them."""
        if not self._postgres:
            return text
        first, *rest = text.split("?")
        return first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))

    def one_of(self, column: str, values: Sequence[str | int]) -> Sql:
        """However many values: one parameter."""
        if len(values) == 1:
            return Sql(f"{column} = ?", (values[0],))
        if self._postgres:
            return Sql(f"{column} = ANY(?)", (list(values),))
        return Sql(f"{column} IN (SELECT value FROM json_each(?))", (json.dumps(list(values)),))

    def _condition(self, criterion: Criterion) -> Sql:
        match criterion:
            case OneOf(field, values):
                found = self.one_of(_column(field), values)
                return Sql(found.text, found.values, FIELDS[field].indexed)
            case Like(field, patterns):
                indexed = FIELDS[field].indexed
                return _any([self._like(_column(field), one, indexed) for one in patterns])
            case Span(field, low, high):
                return _span(_column(field), low, high, selective=FIELDS[field].indexed)
            case Named(patterns):
                return _any([self._named(one) for one in patterns])
            case Sounding(words):
                return _joined(" AND ", [_sounding(word) for word in words])
            case Holding(patterns):
                return _any([_like("t.modalities", f"*\\{one}\\*") for one in patterns])
            case OfClass(uids):
                members = self.one_of("c.sop_class_uid", uids)
                return Sql(
                    "EXISTS (SELECT 1 FROM archive_series b JOIN archive_instance c "
                    f"ON c.series_id = b.id WHERE b.study_id = t.id AND {members.text})",
                    members.values,
                )

    def _named(self, pattern: str) -> Sql:
        """In a folded text a character may have become several: ? stands for any number."""
        loose = pattern.replace("?", "*") + "*"
        if not _prefix(loose):
            return _like("p.name_folded", f"*{loose}")
        return _any([self._like(column, loose, indexed=True) for column in _NAMES])

    def _like(self, column: str, pattern: str, indexed: bool) -> Sql:
        prefix = _prefix(pattern)
        like = _like(column, pattern)
        if not prefix or not indexed:
            return like
        low, high = ("~>=~", "~<~") if self._postgres else (">=", "<")
        bounds = Sql(f"{column} {low} ? AND {column} {high} ?", (prefix, prefix + _LAST))
        return _joined(" AND ", [bounds, like], selective=True)


def _of_parent(level: Level, above: Level, parents: Sql, *, correlated: bool) -> Sql:
    table, alias = TABLES[above]
    link = f"{TABLES[level][1]}.{PARENTS[level]}"
    if correlated and not parents.selective:
        condition = f"{alias}.id = {link} AND {parents.text}"
        return Sql(f"EXISTS (SELECT 1 FROM {table} {alias} WHERE {condition})", parents.values)
    subquery = f"SELECT {alias}.id FROM {table} {alias} WHERE {parents.text}"
    return Sql(f"{link} IN ({subquery})", parents.values, parents.selective)


def _joined(word: str, parts: Sequence[Sql], *, selective: bool = False) -> Sql:
    text = word.join(one.text for one in parts)
    return Sql(f"({text})", tuple(value for one in parts for value in one.values), selective)


def _any(parts: Sequence[Sql]) -> Sql:
    return _joined(" OR ", parts, selective=all(one.selective for one in parts))


def _span(column: str, low: str, high: str, *, selective: bool) -> Sql:
    parts = [Sql(f"{column} >= ?", (low,)) if low else Sql(f"{column} > ?", ("",))]
    if high:
        parts.append(Sql(f"{column} <= ?", (high,)))
    return _joined(" AND ", parts, selective=selective)


def _sounding(word: str) -> Sql:
    parts = [_like("p.name_folded", f"*{word}*")]
    if code := sound(word):
        parts.append(_like("p.sounds", f"* {code} *"))
    return _any(parts)


def _like(column: str, pattern: str) -> Sql:
    return Sql(f"{column} LIKE ? ESCAPE '\\'", (_WILD.sub(_translated, pattern),))


_WILD = re.compile(r"[*?%_\\]")


def _translated(found: re.Match[str]) -> str:
    return {"*": "%", "?": "_"}.get(found[0], f"\\{found[0]}")


def _prefix(pattern: str) -> str:
    """What every match begins with; a space at its end may be missing in a name."""
    return re.split(r"[*?]", pattern, maxsplit=1)[0].rstrip(" ")


def _column(field: str) -> str:
    return f"{TABLES[FIELDS[field].level][1]}.{FIELDS[field].column}"
