"""What may be asked: information models, options of an association, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.archive.criteria import Level
from appliance.errors import PeerError

# PS3.4 Table C.4-1 to C.4-3.
OUT_OF_RESOURCES = 0xA700
CANNOT_COUNT = 0xA701
CANNOT_PERFORM = 0xA702
UNKNOWN_DESTINATION = 0xA801
NOT_THE_MODEL = 0xA900
UNABLE = 0xC000
SOME_FAILED = 0xB000
PENDING_PARTLY = 0xFF01  # an optional key was not matched, or is not known here


@dataclass(frozen=True, slots=True)
class Settings:
    """How much one question may bring."""

    most_answers: int = 5000  # of a C-FIND
    most_instances: int = 200_000  # of a C-MOVE or C-GET


@dataclass(frozen=True, slots=True)
class Model:
    """A query/retrieve information model (PS3.4 §C.6) with its SOP classes."""

    name: str
    levels: tuple[Level, ...]
    find: str
    move: str
    get: str

    @property
    def patients(self) -> bool:
        """Whether the patient is a level of its own; else a part of the study."""
        return self.levels[0] == "PATIENT"


_ROOT = "1.2.840.10008.5.1.4.1.2"
PATIENT_ROOT = Model(
    "Patient Root",
    ("PATIENT", "STUDY", "SERIES", "IMAGE"),
    *(f"{_ROOT}.1.{part}" for part in (1, 2, 3)),
)
STUDY_ROOT = Model(
    "Study Root", ("STUDY", "SERIES", "IMAGE"), *(f"{_ROOT}.2.{part}" for part in (1, 2, 3))
)
# Retired, and still asked for (PS3.4-2004 §C.6.3).
PATIENT_STUDY_ONLY = Model(
    "Patient/Study Only", ("PATIENT", "STUDY"), *(f"{_ROOT}.3.{part}" for part in (1, 2, 3))
)
MODELS = (PATIENT_ROOT, STUDY_ROOT, PATIENT_STUDY_ONLY)
OF_CLASS: Mapping[str, Model] = {
    uid: model for model in MODELS for uid in (model.find, model.move, model.get)
}


@dataclass(frozen=True, slots=True)
class Options:
    """What was agreed by extended negotiation (PS3.4 §C.5.1.1); nothing of it is the baseline."""

    relational: bool = False
    combined: bool = False  # a date and its time are matched together
    fuzzy: bool = False  # of person names
    empty: bool = False  # '""' asks for attributes without a value
    multiple: bool = False

    @classmethod
    def of(cls, negotiated: bytes) -> Options:
        """From the bytes that we answered."""
        wish = [byte == 1 for byte in negotiated.ljust(7, b"\0")]
        return cls(wish[0], wish[1], wish[2], wish[5], wish[6])


# By byte of the application information: relational, date-time, fuzzy, time zone, enhanced
# multi-frame conversion, empty value, multiple value. 1: done here when asked for.
_DONE = (1, 1, 1, 0, 0, 1, 1)


def negotiate_find(information: bytes) -> bytes:
    """The answer to a C-FIND SCU's wishes, as long as they are."""
    return bytes(
        wish & done if wish in (0, 1) else 0 for wish, done in zip(information, _DONE, strict=False)
    )


def negotiate_retrieve(information: bytes) -> bytes:
    """The answer to a C-MOVE or C-GET SCU's wishes: relational retrieval (PS3.4 §C.5.2.1)."""
    return bytes(int(wish == 1 and number == 0) for number, wish in enumerate(information[:2]))


class Refused(PeerError):
    """The question is answered with a failure; the text says what to change in it."""

    def __init__(self, status: int, text: str, offending: tuple[int, ...] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.offending = offending
