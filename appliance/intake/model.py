"""What is asked of an object before it is kept, and how it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from appliance.dicom.header import (
    SOP_CLASS_UID,
    SOP_INSTANCE_UID,
    STUDY_INSTANCE_UID,
    Header,
)
from appliance.dicom.uids import stand_in, well_formed

# PS3.7 Annex C and PS3.4 Table B.2-1.
SUCCESS = 0x0000
INVALID_INSTANCE = 0x0117
CLASS_NOT_SUPPORTED = 0x0122
OUT_OF_RESOURCES = 0xA700
MISMATCH = 0xA900
OTHER_STUDY = 0xA901  # of the family A9xx: the data set does not match
NOT_UNDERSTOOD = 0xC000

MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is taken in."""

    largest_object: int = 8 << 30  # bytes
    threads: int = 16  # that write and wait for the medium
    quarantine: int = 1 << 30  # bytes kept of what could not be understood


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an object is not kept."""

    status: int
    comment: str  # the peer's operator sees 64 characters of it
    offending_element: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """What an object says it is, on the way in: from a command or from a file."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    notes: Mapping[str, str]  # for the ledger
    study_instance_uid: str = ""  # it must belong to this study; "": to any


class Fate(Enum):
    """What became of a file that was imported."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REFUSED = "refused"
    SKIPPED = "skipped"  # not a DICOM object, or a directory of objects


@dataclass(frozen=True, slots=True)
class Imported:
    """One file of an import."""

    path: Path
    fate: Fate
    reason: str = ""
    size: int = 0  # bytes kept


def check_identity(identity: Identity) -> Refusal | None:
    """Before any byte of the data set."""
    if not well_formed(identity.sop_instance_uid):
        return Refusal(INVALID_INSTANCE, "Affected SOP Instance UID is not a UID")
    if not well_formed(identity.sop_class_uid):
        return Refusal(CLASS_NOT_SUPPORTED, "Affected SOP Class UID is not a UID")
    return None


def check_header(identity: Identity, header: Header) -> Refusal | None:
    """Once the beginning of the data set is known. A missing SOP Instance UID contradicts nothing:
    the command has it."""
    sop_class = uid_in(header, SOP_CLASS_UID)
    sop_instance = uid_in(header, SOP_INSTANCE_UID)
    if not sop_class:
        return Refusal(NOT_UNDERSTOOD, "the data set has no SOP Class UID", (SOP_CLASS_UID,))
    if sop_class != identity.sop_class_uid:
        comment = "SOP Class UID differs between command and data set"
        return Refusal(MISMATCH, comment, (SOP_CLASS_UID,))
    if sop_instance and sop_instance != identity.sop_instance_uid:
        comment = "SOP Instance UID differs between command and data set"
        return Refusal(MISMATCH, comment, (SOP_INSTANCE_UID,))
    wanted = identity.study_instance_uid
    if wanted and uid_in(header, STUDY_INSTANCE_UID) != wanted:
        comment = "the object belongs to another study than was said"
        return Refusal(OTHER_STUDY, comment, (STUDY_INSTANCE_UID,))
    return None


def study_uid_of(identity: Identity, header: Header) -> str:
    """Its Study Instance UID; a stand-in where it has none that can be used.

    Objects without a study are legitimate (PS3.4 Annex GG, non-patient objects) and each is
    listed alone; objects with the same broken UID stay together.
    """
    uid = uid_in(header, STUDY_INSTANCE_UID)
    return uid if well_formed(uid) else stand_in(uid or identity.sop_instance_uid)


def uid_in(header: Header, tag: int) -> str:
    return header.values.get(tag, b"").decode("latin-1").strip(" \0")
