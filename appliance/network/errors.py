"""What can go wrong when we call somebody."""

from __future__ import annotations

from typing import Literal, TypeAlias

from appliance.errors import PeerError

Kind: TypeAlias = Literal[
    "unknown_host",
    "refused_connection",
    "unreachable",
    "timeout",
    "rejected_transient",
    "rejected_permanent",
    "no_context",
    "aborted",
    "broken",  # the connection ended without a word
    "tls",  # TLS on one side only
    "not_dicom",
    "protocol",  # the peer broke the rules
]


class AssociationFailed(PeerError):
    """An association did not come about, or ended early; the text says what to change where."""

    def __init__(self, kind: Kind, text: str) -> None:
        super().__init__(text)
        self.kind: Kind = kind
