"""A header as text: any attribute by its keyword or its number."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping

from pydicom.datadict import DicomDictionary, keyword_dict

from appliance.dicom.header import SPECIFIC_CHARACTER_SET, Header
from appliance.dicom.text import charsets, decode

_NUMBER = re.compile(r"\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?")
_IN_CHARACTER_SET = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})  # PS3.5 §6.1.2.3
_FORMATS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d"}


def tag_of(name: str) -> int | None:
    """The tag that `PatientName`, `00100010`, `0010,0010` or `(0010,0010)` mean."""
    if (number := _NUMBER.fullmatch(name)) is not None:
        return int(number[1] + number[2], 16)
    found: int | None = keyword_dict.get(name)
    return found


class Attributes(Mapping[str, str]):
    """Decodes what is asked for. Several values stay one text with backslashes between."""

    __slots__ = ("_codecs", "header")

    def __init__(self, header: Header) -> None:
        self.header = header
        self._codecs = charsets(header.values.get(SPECIFIC_CHARACTER_SET, b""))

    def __getitem__(self, name: str) -> str:
        tag = tag_of(name)
        if tag is None or tag not in self.header.values:
            raise KeyError(name)
        return self.text(tag)

    def __iter__(self) -> Iterator[str]:
        """Keywords; for attributes without one the number in 8 digits."""
        for tag in self.header.values:
            entry = DicomDictionary.get(tag)
            yield entry[4] if entry and entry[4] else f"{tag:08X}"

    def __len__(self) -> int:
        return len(self.header.values)

    def raw(self, tag: int) -> bytes:
        """The value as it came, without padding; empty when it is absent."""
        return self.header.values.get(tag, b"").rstrip(b" \0")

    def text(self, tag: int) -> str:
        """The value decoded; empty when it is absent."""
        raw = self.header.values.get(tag)
        if not raw:
            return ""
        entry = DicomDictionary.get(tag)
        vr = entry[0][:2] if entry else "LO"
        if vr in _FORMATS:
            return self._numbers(raw, _FORMATS[vr])
        return decode(raw, self._codecs) if vr in _IN_CHARACTER_SET else decode(raw)

    def number(self, tag: int) -> int | None:
        """The first value as a whole number; None when there is none."""
        first = self.text(tag).split("\\")[0].strip()
        return int(first) if re.fullmatch(r"[+-]?\d{1,10}", first) else None

    def _numbers(self, raw: bytes, code: str) -> str:
        one = struct.Struct((">" if self.header.big_endian else "<") + code)
        whole = raw[: len(raw) // one.size * one.size]
        return "\\".join(
            f"{value:g}" if code in "fd" else str(value) for (value,) in one.iter_unpack(whole)
        )
