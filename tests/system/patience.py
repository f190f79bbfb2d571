"""Waiting for another process to reach a state."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_LOOK = 0.05  # seconds between two looks


def pause(seconds: float) -> None:
    """Let other processes work for a while."""
    threading.Event().wait(seconds)


def until(condition: Callable[[], T], within: float, what: str) -> T:
    """The first true value of `condition`; an AssertionError that names `what` after `within` s."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {within:g} s: {what}"
        pause(_LOOK)
    return value
