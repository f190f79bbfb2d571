"""Person names as the index searches them: group by group, and by their sound."""

from __future__ import annotations

import re

from appliance.dicom.text import PersonName, folded

# The digits of American Soundex; vowels part equal digits, h and w do not.
_DIGITS = {
    **dict.fromkeys("bfpv", "1"),
    **dict.fromkeys("cgjkqsxz", "2"),
    **dict.fromkeys("dt", "3"),
    "l": "4",
    **dict.fromkeys("mn", "5"),
    "r": "6",
}
_LATIN = re.compile(r"[a-z]+")
_LENGTH = 4


def folded_groups(name: str) -> tuple[str, str, str]:
    """The alphabetic, ideographic and phonetic group, each as it is searched for."""
    groups = PersonName.parse(name)
    return folded(groups.alphabetic), folded(groups.ideographic), folded(groups.phonetic)


def sounds(name: str) -> str:
    """The sounds of a name's Latin words, each between spaces; "" when it has none."""
    found = sorted({code for word in words(name) if (code := sound(word))})
    return f" {' '.join(found)} " if found else ""


def words(name: str) -> list[str]:
    """A name as words, whatever their order and component."""
    return folded(name).split()


def sound(word: str) -> str:
    """The Soundex code of a folded Latin word; "" for any other one."""
    letters = re.sub(r"[^\w]", "", word)
    if not _LATIN.fullmatch(letters):
        return ""
    code, last = letters[0], _DIGITS.get(letters[0], "")
    for letter in letters[1:]:
        digit = _DIGITS.get(letter, "")
        if digit and digit != last:
            code += digit
        if letter not in "hw":
            last = digit
    return f"{code:0<{_LENGTH}}"[:_LENGTH]
