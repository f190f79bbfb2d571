"""When to try again: pauses that grow, with a cap, and spread so that nobody comes in step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

Random: TypeAlias = Callable[[], float]  # 0 ≤ x < 1

FIRST_PAUSE = 30.0
LONGEST_PAUSE = 15 * 60.0
# The share of a pause that is left to chance.
_JITTER = 0.2
# A parked destination is looked at this often: whoever mends it there need not tell us.
PARKED_PAUSE = 15 * 60.0


def pause(failures: int, random: Random) -> float:
    """Seconds to wait after so many failures in a row (from 1 on)."""
    # 2**n for a large n is a very large number: stop where the cap is long passed.
    full = min(FIRST_PAUSE * 2.0 ** min(failures - 1, 16), LONGEST_PAUSE)
    return full * (1 - _JITTER * random())


def next_try(now: datetime, failures: int, random: Random) -> datetime:
    """The moment of the next try after so many failures in a row."""
    return now + timedelta(seconds=pause(failures, random))
