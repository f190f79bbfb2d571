"""What people read in a terminal: aligned, and free of anything that could steer it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from appliance.clock import local

_GAP = "  "


def clean(text: object) -> str:
    """`text` on one line without control or formatting characters: it may come from a peer."""
    return "".join(_shown(one) for one in str(text))


def _shown(one: str) -> str:
    if one.isprintable():
        return one
    return " " if unicodedata.category(one) == "Zs" else "\N{REPLACEMENT CHARACTER}"


def print_json(value: Any) -> None:
    """ASCII only, so that a terminal is safe from this, too."""
    click.echo(json.dumps(value, indent=2))


def print_table(titles: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> None:
    """Columns as wide as their widest cell, figures to the right; `empty` when there is no row."""
    if not rows:
        click.echo(empty)
        return
    cells = [[clean(cell) for cell in row] for row in rows]
    figures = [_is_figures(column) for column in zip(*cells, strict=True)]
    lines = [list(titles), *cells]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = map(_pad, line, widths, figures)
        click.echo(_GAP.join(padded).rstrip())


def print_facts(facts: Sequence[tuple[str, object]]) -> None:
    """Names to the left, what they are to the right."""
    widest = max(len(name) for name, _ in facts)
    for name, value in facts:
        click.echo(f"{name:<{widest}}{_GAP}{clean(value)}".rstrip())


def _is_figures(column: Sequence[str]) -> bool:
    filled = [cell for cell in column if cell != "-"]
    return bool(filled) and all(map(str.isdecimal, filled))


def _pad(cell: str, width: int, figure: bool) -> str:
    room = " " * (width - _width(cell))
    return room + cell if figure else cell + room


def _width(text: str) -> int:
    """Columns of a terminal, where East Asian characters take two and accents none."""
    return sum(
        2 if unicodedata.east_asian_width(one) in "WF" else 0 if unicodedata.combining(one) else 1
        for one in text
    )


def moment(text: str | None) -> str:
    """An ISO 8601 moment on the wall's clock, to the second; "-" for none."""
    return "-" if text is None else local(datetime.fromisoformat(text)).strftime("%F %T")


def size(count: int) -> str:
    """Bytes in the largest fitting unit."""
    value, units = float(count), ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{value:,.1f} {units[0]}" if value % 1 and value < 100 else f"{value:,.0f} {units[0]}"


def duration(seconds: float) -> str:
    """Days, hours, minutes and seconds: the two largest."""
    left = int(seconds)
    parts: list[str] = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count or parts or unit == "s":
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def yes(value: bool) -> str:
    return "yes" if value else "no"
