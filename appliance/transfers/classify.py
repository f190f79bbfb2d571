"""What an answer or a failure means for the queue: a table, and its reading.

DIMSE statuses are those of PS3.4 Table B.2-1 and PS3.7 Annex C.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Class(Enum):
    """Who must do something about it."""

    SUCCESS = "success"
    DUPLICATE = "duplicate"  # the destination has it already: as good as success
    TRANSIENT = "transient"  # nobody: it passes; come again later
    CONFIGURATION = "configuration"  # somebody who mends a setting, here or there
    DATA = "data"  # somebody who looks at this one object


@dataclass(frozen=True, slots=True)
class Meaning:
    """The reading of a status or a failure."""

    answer: Class
    words: str = ""
    tries: int = 1  # for data: set aside after so many

    @property
    def delivered(self) -> bool:
        return self.answer in (Class.SUCCESS, Class.DUPLICATE)


# First and last status of a range; the first line that fits counts.
_STATUSES: tuple[tuple[int, int, Meaning], ...] = (
    (0x0000, 0x0000, Meaning(Class.SUCCESS)),
    (0x0001, 0x0001, Meaning(Class.SUCCESS, "stored with a warning")),
    (0x0107, 0x0107, Meaning(Class.SUCCESS, "stored, some attributes were not understood")),
    (0x0110, 0x0110, Meaning(Class.DATA, "processing failure at the destination", tries=3)),
    (0x0111, 0x0111, Meaning(Class.DUPLICATE, "the destination has it already")),
    (0x0116, 0x0116, Meaning(Class.SUCCESS, "stored, an attribute was out of range")),
    (0x0117, 0x0117, Meaning(Class.DATA, "the destination calls its SOP Instance UID invalid")),
    (0x0119, 0x0119, Meaning(Class.DATA, "the destination knows it under another SOP class")),
    (0x0122, 0x0122, Meaning(Class.DATA, "the destination does not support its SOP class")),
    (0x0124, 0x0124, Meaning(Class.DATA, "the destination does not authorise us", tries=3)),
    (0x0213, 0x0213, Meaning(Class.TRANSIENT, "the destination is out of resources")),
    (0xA700, 0xA7FF, Meaning(Class.TRANSIENT, "the destination is out of resources")),
    (0xA800, 0xA8FF, Meaning(Class.DATA, "the destination does not support its SOP class")),
    (0xA900, 0xA9FF, Meaning(Class.DATA, "the data set does not match its SOP class")),
    (0xB000, 0xBFFF, Meaning(Class.SUCCESS, "stored with a warning")),
    (0xC000, 0xCFFF, Meaning(Class.DATA, "the destination cannot understand it")),
    (0xFE00, 0xFE00, Meaning(Class.TRANSIENT, "the destination cancelled it")),
    (0x0100, 0x02FF, Meaning(Class.DATA, "the destination refused it", tries=3)),
)
_UNHEARD_OF = Meaning(Class.DATA, "the destination gave a status that the standard lacks", tries=3)

# How an association failed. What is not listed here passes: it is tried again for ever.
_CONFIGURATION = frozenset({"rejected_permanent", "tls", "not_dicom"})
_DATA = frozenset({"no_context"})


def of_status(status: int, comment: str = "") -> Meaning:
    """The meaning of a C-STORE-RSP, in words that carry the number and the peer's comment."""
    meaning = next((one for low, high, one in _STATUSES if low <= status <= high), _UNHEARD_OF)
    if not meaning.words:
        return meaning
    said = f": {comment.strip()}" if comment.strip() else ""
    return Meaning(meaning.answer, f"{meaning.words} (status {status:04X}{said})", meaning.tries)


def table() -> tuple[tuple[str, str, str], ...]:
    """What is made of each status of a C-STORE-RSP: codes, whose turn it is, meaning."""
    return tuple(
        (f"{low:04X}" if low == high else f"{low:04X}-{high:04X}", one.answer.value, one.words)
        for low, high, one in _STATUSES
    )


def of_failure(kind: str) -> Class:
    """Whose the fault is when an association failed in this way."""
    if kind in _CONFIGURATION:
        return Class.CONFIGURATION
    return Class.DATA if kind in _DATA else Class.TRANSIENT
