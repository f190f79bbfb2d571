"""Wild card matching (PS3.4 C.2.2.2.4): "*" is any run of characters, "?" any one character.

No backtracking: each piece between two "*" is placed at the first place where it fits, so that
"*?*?*?…" costs no more than the text is long.
"""

from __future__ import annotations

import re
from functools import lru_cache

_ANY = re.compile(r"\*+")


class Pattern:
    """One value of a key, read once."""

    def __init__(self, text: str) -> None:
        first, *rest = _ANY.split(text)
        self.has_wildcards = bool(rest) or "?" in text
        self.universal = not text.strip("*")
        self._shortest = len(text) - text.count("*")
        self._first, self._last = first, rest.pop() if rest else None
        self._middle = [piece for piece in rest if piece]

    def matches(self, text: str) -> bool:
        """Whether the pattern is all of `text`."""
        if self._shortest > len(text):
            return False
        if self._last is None:
            return len(text) == len(self._first) and _fits(self._first, text, 0)
        end = len(text) - len(self._last)
        if not _fits(self._first, text, 0) or not _fits(self._last, text, end):
            return False
        return self._placed(text, len(self._first), end)

    def _placed(self, text: str, at: int, end: int) -> bool:
        for piece in self._middle:
            at = _find(piece, text, at, end)
            if at < 0:
                return False
            at += len(piece)
        return at <= end


def _find(piece: str, text: str, at: int, end: int) -> int:
    if "?" not in piece:
        return text.find(piece, at, end)
    found = _expression(piece).search(text, at, end)
    return found.start() if found else -1


def _fits(piece: str, text: str, at: int) -> bool:
    if "?" not in piece:
        return text.startswith(piece, at)
    return all(one in ("?", text[at + n]) for n, one in enumerate(piece))


@lru_cache(maxsize=256)
def _expression(piece: str) -> re.Pattern[str]:
    """Of fixed length and without repetition: nothing in it can backtrack."""
    return re.compile("".join("." if one == "?" else re.escape(one) for one in piece), re.DOTALL)
