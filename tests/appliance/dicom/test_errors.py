from __future__ import annotations

from appliance.dicom.errors import AbortReason, LocalProtocolError, RemoteProtocolError
from appliance.errors import PeerError


def test_a_peers_fault_is_a_peer_error_and_carries_what_to_answer() -> None:
    error = RemoteProtocolError("text", AbortReason.UNEXPECTED_PDU, b"GET / ")
    assert isinstance(error, PeerError)
    assert (error.reason, error.sample, str(error)) == (2, b"GET / ", "text")


def test_our_own_fault_is_not() -> None:
    assert not issubclass(LocalProtocolError, PeerError)
