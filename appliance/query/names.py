"""Person names (PS3.4 §C.2.2.2.1): without case and accents, group by group, or by their sound."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from appliance.archive.names import sound, words
from appliance.dicom.text import folded
from appliance.query.patterns import like, wild


def name_matches(wanted: str, stored: str, *, fuzzy: bool) -> bool:
    """A pattern of one group may be found in any; of several, each in its own."""
    asked, there = _groups(wanted), _groups(stored)
    if len(asked) == 1:
        literal = any(_group_like(asked[0], group) for group in there if group)
    else:
        there += ("",) * (len(asked) - len(there))
        pairs = zip(asked, there, strict=False)
        literal = all(_group_like(one, group) for one, group in pairs if one)
    return literal or (fuzzy and not wild(wanted) and sounds_like(wanted, stored))


def sounds_like(wanted: str, stored: str) -> bool:
    """Each word begins a word of the name, or sounds like one; their order is free."""
    there = words(stored)
    sounds = {sound(word) for word in there} - {""}
    asked = words(wanted)
    return bool(asked) and all(
        sound(word) in sounds or any(one.startswith(word) for one in there) for word in asked
    )


@lru_cache(maxsize=4096)
def _groups(name: str) -> tuple[str, ...]:
    # Composed again: a Korean syllable is one character to a person and to "?".
    return tuple(unicodedata.normalize("NFC", folded(one)) for one in name.split("=")[:3])


def _group_like(pattern: str, group: str) -> bool:
    """Components that are empty need not be there: "Doe^*" finds "Doe"."""
    before = " " if pattern.startswith("*") else ""
    behind = " " if pattern.endswith("*") else ""
    return like(pattern, f"{before}{group}{behind}")


def loosened(pattern: str) -> str:
    """A folded pattern that finds at least as much, for an index of folded groups."""
    groups = [folded(one) for one in pattern.split("=")[:3]]
    first = next((one for one in groups if one.strip("* ")), "*")
    return re.sub(r" ?[*?]+ ?", "*", first)
