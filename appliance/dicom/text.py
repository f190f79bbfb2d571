"""Characters: from the bytes and the Specific Character Set to Unicode, never failing.

The tables of character sets are pydicom's; the decoding is our own because it must neither
warn nor stop at what senders really put there: what cannot be read becomes U+FFFD.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from pydicom.charset import CODES_TO_ENCODINGS, handled_encodings, python_encoding

# Latin alphabet No. 9 came with PS3.3-2021; pydicom's table, which its codecs use too, has it not.
for _term in ("ISO_IR 203", "ISO 2022 IR 203"):
    python_encoding.setdefault(_term, "iso8859_15")

_ESCAPE = b"\x1b"
_FRAGMENT = re.compile(b"^[^\x1b]+|\x1b[^\x1b]*")
# Back to the first character set after these (PS3.5 §6.1.2.5.3); ^ and = in person names.
_DELIMITER = re.compile(b"[\\\\^=\r\n\f\t]")
_DEFAULT = ("iso8859",)
_LONGEST_REMEMBERED = 256
# Controls have no place on a screen: an ESC in a name could drive a technician's terminal.
_CONTROLS = dict.fromkeys([*range(9), 11, *range(14, 32), *range(127, 160)])


@lru_cache(maxsize=256)
def charsets(specific_character_set: bytes) -> tuple[str, ...]:
    """The codecs for a value of (0008,0005), the first one being the default."""
    terms = specific_character_set.decode("ascii", "replace").strip(" \0").split("\\")
    return tuple(_codec(term.strip()) for term in terms)


def _codec(term: str) -> str:
    if term in python_encoding:
        return str(python_encoding[term])
    # "ISO IR 100", "ISO_IR_100", "ISO-IR 100" and the like are common slips.
    number = re.fullmatch(r"ISO[ _-]?(2022)?[ _-]?IR[ _-]?(\d+)", term.upper())
    known = (f"ISO_IR {number[2]}", f"ISO 2022 IR {number[2]}") if number else ()
    return next((str(python_encoding[one]) for one in known if one in python_encoding), *_DEFAULT)


def decode(raw: bytes, codecs: tuple[str, ...] = _DEFAULT) -> str:
    """The text of a value: padding and control characters removed, never failing."""
    return _remembered(raw, codecs) if len(raw) <= _LONGEST_REMEMBERED else _decode(raw, codecs)


def _decode(raw: bytes, codecs: tuple[str, ...]) -> str:
    if _ESCAPE not in raw:
        text = raw.decode(codecs[0], "replace")
    else:
        text = "".join(_fragment(part, codecs[0]) for part in _FRAGMENT.findall(raw))
    return text.translate(_CONTROLS).strip(" ")


# The names and descriptions of a study come again with each of its images.
_remembered = lru_cache(maxsize=4096)(_decode)


def _fragment(part: bytes, first: str) -> str:
    """One run of bytes that starts with an escape sequence, or the run before the first one."""
    if not part.startswith(_ESCAPE):
        return part.decode(first, "replace")
    length = 4 if part[1:3] in (b"$(", b"$)") else 3
    codec = CODES_TO_ENCODINGS.get(part[:length])
    if codec is None:
        return part[length:].decode(first, "replace")
    if codec in handled_encodings and codec != "iso_ir_58":
        return part.decode(codec, "replace")  # these codecs want to see the escape sequence
    body = part[length:]
    end = found.start() if (found := _DELIMITER.search(body)) else len(body)
    return body[:end].decode(codec, "replace") + body[end:].decode(first, "replace")


@dataclass(frozen=True, slots=True)
class PersonName:
    """The component groups of a person name (PS3.5 §6.2.1.2)."""

    alphabetic: str = ""
    ideographic: str = ""
    phonetic: str = ""

    @classmethod
    def parse(cls, text: str) -> PersonName:
        return cls(*(group.strip(" ") for group in text.split("=")[:3]))


def folded(text: str) -> str:
    """For searching: without case, accents, and the separators of components."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(re.split(r"[\s^=,.]+", letters)).strip()


def name_groups(text: str) -> list[str]:
    """The component groups of a person name that are filled, or one empty one."""
    groups = [group.strip(" ") for group in text.split("=")[:3]]
    return groups if any(groups) else [""]


def folded_name(group: str) -> str:
    """One component group for comparing: without case, accents and what only pads it."""
    plain = unicodedata.normalize("NFKD", group.casefold())
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return "^".join(part.strip() for part in letters.split("^")).rstrip("^")
