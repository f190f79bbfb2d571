"""Worklist items from files: DICOM (.wl, as wlmscpfs reads them) and JSON lines. Blocks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from appliance.dicom.dataset import DatasetError
from appliance.dicom.dataset import decode as decode_dataset
from appliance.dicom.dataset import encode as encode_dataset
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN
from appliance.dicom.part10 import FileMeta, read_file_meta
from appliance.errors import BadRequest, PeerError
from appliance.worklist.attributes import dataset_of
from appliance.worklist.intake import prepared
from appliance.worklist.items import Told
from appliance.worklist.model import STATES, Item

_LARGEST = 8 << 20
_LONGEST_META = 64 << 10
_MOST_FILES = 20_000
_LINES = frozenset({".jsonl", ".ndjson", ".json"})
_TAG = re.compile("[0-9A-Fa-f]{8}")
_FIELDS = frozenset(Item.__slots__) - {
    "station_ae_titles",
    "requested_procedure_codes",
    "protocol_codes",
}
_SKIPPED = frozenset({"lockfile"})  # wlmscpfs keeps one beside its files


def told(dataset: Dataset) -> list[Told]:
    """The items in one data set. Raises `BadRequest`."""
    try:
        return [
            Told(item, encode_dataset(one, EXPLICIT_LITTLE_ENDIAN))
            for item, one in prepared(dataset)
        ]
    # What pydicom read it may still be unable to write.
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise BadRequest(f"it cannot be written again: {error}") from error


def read(path: Path) -> Iterator[list[Told] | str]:
    """Items of a file, or of all files in a folder and the folders in it.

    Instead of the items of what cannot be read, words that say why. Raises `BadRequest` when
    there is nothing at all.
    """
    if not path.exists():
        raise BadRequest(f"{path}: there is no such file or folder")
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    if len(files) > _MOST_FILES:
        raise BadRequest(f"{path} holds more than {_MOST_FILES} files")
    for file in files:
        if file.name not in _SKIPPED:
            yield from _file(file)


def _file(path: Path) -> Iterator[list[Told] | str]:
    try:
        if path.stat().st_size > _LARGEST:
            yield f"{path.name}: larger than {_LARGEST >> 20} MiB is no worklist file"
        elif path.suffix.lower() in _LINES:
            yield from _lines(path)
        else:
            yield told(_dicom(path))
    except (BadRequest, PeerError, OSError) as error:
        yield f"{path.name}: {error}"


def _dicom(path: Path) -> Dataset:
    """With the header of a DICOM file or without, as dump2dcm writes both."""
    raw = path.read_bytes()
    meta = read_file_meta(raw[:_LONGEST_META]) or FileMeta()
    data = raw[meta.data_set :]
    return decode_dataset(data, meta.transfer_syntax_uid or _guessed(data))


def _guessed(data: bytes) -> str:
    """VR letters in the first element tell the syntax."""
    explicit = data[4:6].isalpha() and data[4:6].isupper()
    return EXPLICIT_LITTLE_ENDIAN if explicit else IMPLICIT_LITTLE_ENDIAN


def _lines(path: Path) -> Iterator[list[Told] | str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield told(_json(line))
                except (BadRequest, DatasetError) as error:
                    yield f"{path.name}, line {number}: {error}"


def _json(line: str) -> Dataset:
    """One item: DICOM JSON (PS3.18 Annex F), or our own field names. Raises `BadRequest`."""
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"it is no JSON: {error}") from error
    if not isinstance(given, dict):
        raise BadRequest("an item is a JSON object")
    return _dicom_json(given) if all(map(_TAG.fullmatch, given)) else _plain(given)


def _dicom_json(given: dict[str, Any]) -> Dataset:
    try:
        made = Dataset.from_json(given)
    # pydicom raises whatever a malformed value leads it to.
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadRequest(f"it is no DICOM JSON: {error}") from error
    return made


def _plain(given: dict[str, Any]) -> Dataset:
    values = dict(given)
    titles = values.pop("station_ae_titles", ())
    if unknown := sorted(set(values) - _FIELDS):
        raise BadRequest(f"{unknown[0]} is no field; known: {', '.join(sorted(_FIELDS))}")
    several = [titles] if isinstance(titles, str) else titles
    if not all(isinstance(one, str) for one in (*values.values(), *several)):
        raise BadRequest("every field is a text, station_ae_titles may be a list of them")
    made = Item(**values, station_ae_titles=tuple(several))
    if made.state not in STATES:
        raise BadRequest(f"state {made.state}: one of {', '.join(STATES)}")
    return dataset_of(made)
