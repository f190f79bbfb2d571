"""What is printed: tables that can be pasted into a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tests.bench.goals import Medians
from tests.bench.measure import Cell, Result

Show = Callable[[Cell, Result], str]


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they must be; the first to the left, the others to the right."""
    lines = [list(titles), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    rule = [("-" if not column else "-:").rjust(w, "-") for column, w in enumerate(widths)]
    return "\n".join(_line(line, widths) for line in [lines[0], rule, *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return f"| {' | '.join([first, *rest])} |"


def rates(cell: Cell, result: Result) -> str:
    """Objects per second, of large ones megabytes per second."""
    value = result.megabytes_per_second if cell.in_bytes else result.objects_per_second
    return f"{value:.0f}{'*' if result.trouble else ''}"


def latencies(cell: Cell, result: Result) -> str:
    return f"{result.p50_ms:.1f} / {result.p99_ms:.1f}"


def memories(cell: Cell, result: Result) -> str:
    return f"{result.memory / 1e6:.0f}"


def comparison(
    title: str, medians: Medians, labels: Mapping[str, str], cells: Sequence[Cell], show: Show
) -> str:
    """A row for each candidate, a column for each cell."""
    rows = [
        [labels[name], *(_shown(found.get(cell.name), cell, show) for cell in cells)]
        for name, found in medians.items()
    ]
    return table([title, *(cell.name for cell in cells)], rows)


def _shown(result: Result | None, cell: Cell, show: Show) -> str:
    return "-" if result is None else show(cell, result)


def troubles(medians: Medians, labels: Mapping[str, str]) -> list[str]:
    """What the stars stand for."""
    return [
        f"* {labels[name]}, {cell}: {result.trouble}"
        for name, found in medians.items()
        for cell, result in found.items()
        if result is not None and result.trouble
    ]
