from __future__ import annotations

import errno

import pytest

from appliance.dicom.errors import RemoteProtocolError
from appliance.dicom.pdu import AssociateReject
from appliance.network import diagnosis
from appliance.network.services import Caller
from appliance.network.settings import Remote

_REMOTE = Remote("PACS", "pacs.local", 104, "ARCA")
_CALLER = Caller("CT1", "ARCA", "10.0.0.9", 40000)
_CT = "1.2.840.10008.5.1.4.1.1.2"


def test_uids_are_named_and_private_ones_stay_numbers() -> None:
    assert diagnosis.name_of(_CT) == f"CT Image Storage ({_CT})"
    assert diagnosis.name_of("1.2.3.4") == "1.2.3.4"


def test_many_names_are_counted() -> None:
    uids = [f"1.2.{number}" for number in range(8)]
    assert diagnosis.names_of([*uids, *uids]) == "1.2.0, 1.2.1, 1.2.2, 1.2.3, 1.2.4 and 3 more"


@pytest.mark.parametrize(
    ("sample", "protocol"),
    [
        (b"\x16\x03\x01\x00\xc8\x01", "TLS"),
        (b"\x15\x03\x03\x00\x02\x02", "TLS"),
        (b"GET / ", "HTTP"),
        (b"HTTP/1", "HTTP"),
        (b"SSH-2.", "SSH"),
    ],
)
def test_other_protocols_are_known_by_their_first_bytes(sample: bytes, protocol: str) -> None:
    finding = diagnosis.foreign_speech(sample)
    assert finding is not None
    assert finding.text == protocol


@pytest.mark.parametrize("sample", [b"", b"\x01\0\0\0\1\0", b"\x16", b"hello!"])
def test_anything_else_is_not_guessed_at(sample: bytes) -> None:
    assert diagnosis.foreign_speech(sample) is None


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (AssociateReject(1, 1, 3), "rejected_permanent", 'Register "ARCA"'),
        (AssociateReject(1, 1, 7), "rejected_permanent", 'really called "PACS"'),
        (AssociateReject(2, 3, 2), "rejected_transient", "reached its limit of associations"),
        (AssociateReject(1, 9, 9), "rejected_permanent", "an unknown reason"),
    ],
)
def test_a_rejection_says_what_to_change(answer: AssociateReject, kind: str, words: str) -> None:
    finding = diagnosis.rejected(_REMOTE, answer)
    assert finding.kind == kind
    assert words in finding.text
    assert f"({answer.result}/{answer.source}/{answer.diagnostic})" in finding.text
    assert "PACS at pacs.local:104" in finding.text


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ECONNREFUSED, "refused_connection"),
        (errno.EHOSTUNREACH, "unreachable"),
        (errno.ENETUNREACH, "unreachable"),
    ],
)
def test_a_connection_that_did_not_come_about(number: int, kind: str) -> None:
    assert diagnosis.not_connected(_REMOTE, OSError(number, "text")).kind == kind


@pytest.mark.parametrize(
    ("source", "reason", "words"),
    [
        (0, 0, "by decision of its application"),
        (2, 6, "a PDU too long for it"),
        (2, 2, "did not expect"),
        (2, 77, "unknown to the standard (77)"),
    ],
)
def test_aborts_in_words_for_both_directions(source: int, reason: int, words: str) -> None:
    assert words in diagnosis.caller_aborted(_CALLER, source, reason)
    assert words in diagnosis.peer_aborted(_REMOTE, source, reason).text


def test_tls_on_one_side_only_says_which_side_to_change() -> None:
    hello = RemoteProtocolError("text", sample=b"\x16\x03\x01\x00\xc8\x01")
    assert "Switch TLS off" in diagnosis.caller_not_dicom("10.0.0.9", hello).text
    alert = RemoteProtocolError("text", sample=b"\x15\x03\x03\x00\x02\x02")
    finding = diagnosis.peer_broke_protocol(_REMOTE, alert)
    assert (finding.kind, "switch TLS on" in finding.text) == ("tls", True)


def test_nothing_in_common_names_what_was_offered() -> None:
    caller = Caller("CT1", "ARCA", "10.0.0.9", 1, "", ((_CT, ("1.2.3",)),))
    assert "proposed CT Image Storage" in diagnosis.nothing_in_common(caller)
    assert "proposed nothing" in diagnosis.nothing_in_common(_CALLER)
    finding = diagnosis.no_context(_REMOTE, [_CT], ["1.2.840.10008.1.2.4.70"])
    assert finding.kind == "no_context"
    assert "CT Image Storage" in finding.text
    assert "JPEG Lossless" in finding.text


def test_who_has_no_title_is_named_by_address() -> None:
    words = diagnosis.caller_rejected(Caller("", "", "10.0.0.9", 1), "reason")
    assert words == "a caller without an AE title at 10.0.0.9 was rejected: reason"
