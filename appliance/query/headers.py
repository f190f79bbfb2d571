"""What the index does not know, from the beginning of the stored files. Blocks: for threads."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Collection, Mapping
from io import BytesIO

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag

from appliance.dicom.dataset import encode
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN
from storage.errors import StoreError
from storage.store import Store

# Headers are some 10 KiB; what lies behind so much is answered empty.
_LONGEST = 256 << 10
_PIXELS = 0x7FE00000
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_DEFLATED = ("1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95")
_WHATEVER = (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError)


def read_headers(
    store: Store, objects: Mapping[str, str], tags: Collection[int]
) -> dict[str, Dataset]:
    """These elements of stored objects, by SHA-256; `objects` are those with their syntaxes.

    What is not there, or cannot be read, is missing in the answer.
    """
    return {sha256: _read(store, sha256, syntax, tags) for sha256, syntax in objects.items()}


def _read(store: Store, sha256: str, syntax: str, tags: Collection[int]) -> Dataset:
    found = Dataset()
    if syntax in _DEFLATED or not tags:
        return found
    try:
        dataset = _beginning(store, sha256, syntax, max(tags))
    except StoreError:
        return found
    for tag in tags:
        if tag in dataset and (element := _usable(dataset, tag)) is not None:
            found[tag] = element
    return found


def _usable(dataset: Dataset, tag: int) -> DataElement | None:
    """The element when it can be converted, and written again."""
    try:
        element = dataset[tag]
        encode(Dataset({element.tag: element}), EXPLICIT_LITTLE_ENDIAN)
    # pydicom raises whatever a malformed value leads it to: it is answered as missing.
    except (*_WHATEVER, NotImplementedError, RecursionError, struct.error):
        return None
    return element


def _beginning(store: Store, sha256: str, syntax: str, last: int) -> Dataset:
    reader = store.open(sha256)
    try:
        data = reader.range(reader.entry.header, _LONGEST)
    finally:
        reader.close()

    def behind(tag: BaseTag, vr: str | None, length: int) -> bool:
        return int(tag) > last or int(tag) >= _PIXELS

    implicit, little = syntax == IMPLICIT_LITTLE_ENDIAN, syntax != _BIG_ENDIAN
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = read_dataset(BytesIO(data), implicit, little, stop_when=behind)
            dataset.set_original_encoding(implicit, little, None)
            dataset.decode()
    except (*_WHATEVER, NotImplementedError, RecursionError):
        return Dataset()
    return dataset
