"""UIDs as they come: what may be taken at its word, and what stands in for the rest."""

from __future__ import annotations

import hashlib
import re

# PS3.5 §9.1 without its ban on leading zeros: files of the standard's own vendors have them.
_FORM = re.compile(r"[0-9.]{1,64}")


def well_formed(uid: str) -> bool:
    """Digits and dots, 1 to 64 of them."""
    return _FORM.fullmatch(uid) is not None


def stand_in(text: str) -> str:
    """The UID that stands for `text` where a UID should be; always the same for the same text.

    Below 2.25 like every UID made of a UUID (PS3.5 Annex B.2).
    """
    digest = bytearray(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80  # version 8: a hash of our own choice (RFC 9562 §5.8)
    digest[8] = digest[8] & 0x3F | 0x80
    return f"2.25.{int.from_bytes(digest, 'big')}"
