"""Files that are brought in by hand take the same way as those that come by DICOM."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from appliance.dicom.header import (
    SOP_CLASS_UID,
    SOP_INSTANCE_UID,
    Header,
    HeaderError,
    read_header,
)
from appliance.dicom.part10 import LONGEST_META, FileMeta, file_header, read_file_meta
from appliance.intake.desk import Desk
from appliance.intake.files import open_regular
from appliance.intake.model import (
    MEDIA_STORAGE_DIRECTORY,
    Fate,
    Identity,
    Imported,
    check_header,
    check_identity,
    study_uid_of,
    uid_in,
)
from storage.store import Receipt

_PIECE = 1 << 20
_IMPLICIT, _EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"


@dataclass(frozen=True, slots=True)
class Found:
    """A DICOM object in a file."""

    identity: Identity
    header: Header
    data_set: int  # where it begins


@dataclass(frozen=True, slots=True)
class Kept:
    """An object of a file that is durable now."""

    found: Found
    receipt: Receipt


def import_file(desk: Desk, path: Path) -> Kept | Imported:
    """Store the object in a file, or say why not. Blocks.

    Raises `StoreError` when the store takes nothing more in: then the next file
    would fare no better.
    """
    try:
        with open_regular(path) as file:
            found = _understand(file)
            if isinstance(found, str):
                return Imported(path, Fate.SKIPPED, found)
            if (reason := _objection(desk, file, found)) is not None:
                return Imported(path, Fate.REFUSED, reason)
            return Kept(found, _store(desk, file, found))
    except HeaderError as error:
        return Imported(path, Fate.REFUSED, str(error))
    except OSError as error:
        return Imported(path, Fate.REFUSED, f"it cannot be read: {error.strerror or error}")


def _understand(file: BinaryIO) -> Found | str:
    start = file.read(LONGEST_META)
    meta = read_file_meta(start)
    if meta is None:
        return "not a DICOM file"
    if meta.sop_class_uid == MEDIA_STORAGE_DIRECTORY:
        return "a DICOMDIR: the files it lists are imported by themselves"
    transfer_syntax = meta.transfer_syntax_uid or _guess(start[meta.data_set :])
    file.seek(meta.data_set)
    header = read_header(iter(lambda: file.read(_PIECE), b""), transfer_syntax)
    return Found(_identity(meta, header, transfer_syntax), header, meta.data_set)


def _guess(start: bytes) -> str:
    """Only the two little endian syntaxes occur without meta information."""
    return _EXPLICIT if start[4:6].isalpha() and start[4:6].isupper() else _IMPLICIT


def _identity(meta: FileMeta, header: Header, transfer_syntax: str) -> Identity:
    """The data set is what is kept: where the meta information contradicts it, it is wrong."""
    sop_class = uid_in(header, SOP_CLASS_UID) or meta.sop_class_uid
    notes = {
        "source": "",
        "called": "",
        "host": platform.node(),
        "sop_class": sop_class,
        "transfer_syntax": transfer_syntax,
        "via": "import",
    }
    sop_instance = uid_in(header, SOP_INSTANCE_UID) or meta.sop_instance_uid
    return Identity(sop_class, sop_instance, transfer_syntax, notes)


def _objection(desk: Desk, file: BinaryIO, found: Found) -> str | None:
    refusal = check_identity(found.identity) or check_header(found.identity, found.header)
    if refusal is not None:
        return refusal.comment
    size = file.seek(0, 2) - found.data_set
    return "it is larger than allowed" if size > desk.largest_object else None


def _store(desk: Desk, file: BinaryIO, found: Found) -> Receipt:
    identity = found.identity
    file.seek(found.data_set)
    incoming = desk.store.receive(
        file_header(identity.sop_class_uid, identity.sop_instance_uid, identity.transfer_syntax_uid)
    )
    try:
        for piece in _pieces(file):
            incoming.write([piece])
        study = study_uid_of(identity, found.header)
        return incoming.commit(identity.sop_instance_uid, study, identity.notes)
    except BaseException:
        incoming.discard()
        raise


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
