"""What was set as a goal, beside what was reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.forward import Forwarding
from tests.bench.measure import Cell, Result

MEMORY = 150e6  # bytes at 16 associations of large objects
LOOP_LAG = 0.05  # seconds

Medians = Mapping[str, Mapping[str, Result | None]]  # candidate → cell → median


@dataclass(frozen=True, slots=True)
class Goal:
    """At least so many times the rate of another one."""

    subject: str
    other: str
    cell: str
    factor: float

    def reached(self, medians: Medians) -> float | None:
        """The factor that was measured; None when one of the two is missing."""
        mine = medians.get(self.subject, {}).get(self.cell)
        theirs = medians.get(self.other, {}).get(self.cell)
        if mine is None or theirs is None:
            return None
        return mine.objects_per_second / theirs.objects_per_second


GOALS = (
    Goal("arca", "orthanc", "ct, 1", 3.0),
    Goal("arca", "orthanc", "small, 1", 2.5),
    Goal("arca", "orthanc", "large, 1", 6.0),
    Goal("arca", "orthanc", "ct, 16", 6.0),
    Goal("arca", "orthanc", "small, 16", 6.0),
    Goal("arca", "c-fsync", "ct, 1", 0.7),
    Goal("arca", "c-fsync", "small, 1", 0.7),
    Goal("arca", "c-fsync", "large, 1", 0.7),
    Goal("arca", "c-fsync", "ct, 16", 0.5),
    Goal("arca", "c-fsync", "small, 16", 0.5),
    Goal("arca-nosync", "storescp", "ct, 1", 0.9),
    Goal("arca-nosync", "storescp", "small, 1", 0.9),
    Goal("arca-nosync", "storescp", "large, 1", 0.9),
)


def ratio_rows(medians: Medians, labels: Mapping[str, str]) -> list[list[str]]:
    """What, goal, reached, yes or no: a row for each ratio of which one side was measured."""
    rows = []
    for goal in GOALS:
        if goal.subject not in medians or goal.other not in medians:
            continue
        reached = goal.reached(medians)
        what = f"{labels[goal.subject]} : {labels[goal.other]}, {goal.cell}"
        rows.append([what, f"≥ {goal.factor:.1f}", *_verdict(reached, goal.factor)])
    return rows


def _verdict(reached: float | None, factor: float) -> list[str]:
    if reached is None:
        return ["not measured", ""]
    return [f"{reached:.2f}", "yes" if reached >= factor else "NO"]


def bound_rows(
    memory: Mapping[str, Result | None], cell: Cell, lags: Sequence[float], forwarding: Forwarding
) -> list[list[str]]:
    """The goals that are limits and no ratios, as far as they were measured."""
    rows = []
    arca = memory.get("arca")
    if arca is not None:
        rows.append(_bound(f"Arca: peak memory, {cell.name}", arca.memory, MEMORY, 1e6, "MB"))
    if lags:
        rows.append(_bound("Arca: event loop late at most", max(lags), LOOP_LAG, 1e-3, "ms"))
    rows += [[what, "", value, ""] for what, value in forwarding.rows()]
    return rows


def _bound(what: str, value: float, limit: float, unit: float, name: str) -> list[str]:
    verdict = "yes" if value <= limit else "NO"
    return [what, f"≤ {limit / unit:.0f} {name}", f"{value / unit:.0f} {name}", verdict]
