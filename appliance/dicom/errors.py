"""Whose fault it is when the protocol breaks."""

from __future__ import annotations

from enum import IntEnum

from appliance.errors import PeerError


class AbortSource(IntEnum):
    """Who aborts (PS3.8 Table 9-26)."""

    SERVICE_USER = 0
    SERVICE_PROVIDER = 2


class AbortReason(IntEnum):
    """Why the service provider aborts (PS3.8 Table 9-26)."""

    NOT_SPECIFIED = 0
    UNRECOGNIZED_PDU = 1
    UNEXPECTED_PDU = 2
    UNRECOGNIZED_PARAMETER = 4
    UNEXPECTED_PARAMETER = 5
    INVALID_PARAMETER = 6


class LocalProtocolError(Exception):
    """We asked for something the association does not allow now: a mistake of this program."""


class RemoteProtocolError(PeerError):
    """The peer broke the protocol; the A-ABORT that answers it carries `reason`."""

    def __init__(
        self, text: str, reason: AbortReason = AbortReason.INVALID_PARAMETER, sample: bytes = b""
    ) -> None:
        super().__init__(text)
        self.reason = reason
        self.sample = sample  # the first bytes of what was no PDU, to tell what it was instead
