"""Certificates as people see them, and when somebody must be told about one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

Part: TypeAlias = Literal["ours", "authority", "trusted", "issued"]

# Days before the end on which somebody is told; a new certificate can take a clinic weeks.
_TOLD = (60, 30, 14, 7, 3, 2, 1, 0)

_WORDS: dict[Part, str] = {
    "ours": "our own certificate for DICOM over TLS",
    "authority": "the certificate of our own authority",
    "trusted": "the certificate of an authority we trust",
    "issued": "a certificate that was issued here",
}
_ADVICE: dict[Part, str] = {
    "ours": "Make a new one with `arca certificate renew`, or import one.",
    "authority": "Make a new one with `arca certificate authority --new` and hand it to all peers.",
    "trusted": "Ask its owner for the new one and take it in with `arca certificate trust`.",
    "issued": "Issue a new one and install it on the device.",
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate that lies here."""

    part: Part
    file: str
    subject: str
    issuer: str
    names: tuple[str, ...]  # host names and addresses it stands for
    not_before: datetime
    not_after: datetime
    fingerprint: str  # SHA-256, hexadecimal

    def days_left(self, now: datetime) -> int:
        """Whole days until it ends; negative when it has ended."""
        return (self.not_after - now).days


def warning(certificate: Certificate, now: datetime) -> str:
    """What to tell about a certificate's end; "" while it is far."""
    left = certificate.days_left(now)
    if left > _TOLD[0]:
        return ""
    when = f"ends in {left} days" if left >= 0 else "has ended"
    what = f"{_WORDS[certificate.part]} ({certificate.file}, {certificate.subject})"
    return f"{what} {when}, on {certificate.not_after:%Y-%m-%d}. {_ADVICE[certificate.part]}"


def due(certificates: Sequence[Certificate], now: datetime) -> list[Certificate]:
    """Those about whose end somebody is told today."""
    return [one for one in certificates if one.days_left(now) < 0 or one.days_left(now) in _TOLD]
