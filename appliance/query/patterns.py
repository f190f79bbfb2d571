"""Wildcards (PS3.4 §C.2.2.2.4): * stands for any characters or none, ? for exactly one."""

from __future__ import annotations


def wild(pattern: str) -> bool:
    """Whether there is a wildcard in it."""
    return "*" in pattern or "?" in pattern


def like(pattern: str, text: str) -> bool:
    """Whether the whole text matches; takes at most their lengths' product of steps."""
    at = 0  # in the pattern
    position = 0  # in the text
    star, resume = -1, 0  # the last star, and where the text behind it may begin
    while position < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, position
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[position]):
            at += 1
            position += 1
        elif star >= 0:
            resume += 1
            at, position = star + 1, resume
        else:
            return False
    return not pattern[at:].strip("*")
