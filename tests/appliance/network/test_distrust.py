from __future__ import annotations

import ssl

import pytest

from appliance.network.distrust import callee_untrusted, caller_untrusted


def _error(reason: str, message: str = "") -> ssl.SSLError:
    error = ssl.SSLCertVerificationError(1, reason) if message else ssl.SSLError(1, reason)
    error.reason = reason
    if isinstance(error, ssl.SSLCertVerificationError):
        error.verify_message = message
    return error


@pytest.mark.parametrize(
    ("reason", "message", "words"),
    [
        ("WRONG_VERSION_NUMBER", "", "without TLS"),
        ("HTTP_REQUEST", "", "without TLS"),
        ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "", "certificate issue"),
        ("CERTIFICATE_VERIFY_FAILED", "certificate has expired", "check the clocks"),
        ("CERTIFICATE_VERIFY_FAILED", "certificate is not yet valid", "Check the clocks"),
        ("CERTIFICATE_VERIFY_FAILED", "unable to get local issuer", "certificate trust FILE"),
        ("TLSV1_ALERT_UNKNOWN_CA", "", "does not trust our certificate"),
        ("NO_SHARED_CIPHER", "", "TLS 1.2 or later"),
        ("SOMETHING_NEW", "", "SOMETHING_NEW"),
    ],
)
def test_a_caller_that_does_not_get_in(reason: str, message: str, words: str) -> None:
    told = caller_untrusted("10.0.0.7", _error(reason, message))
    assert told.startswith("10.0.0.7 ")
    assert words in told


@pytest.mark.parametrize(
    ("reason", "message", "words"),
    [
        ("WRONG_VERSION_NUMBER", "", "does not speak TLS"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "", "certificate request"),
        ("CERTIFICATE_VERIFY_FAILED", "Hostname mismatch, certificate …", "tls.verify_host"),
        ("CERTIFICATE_VERIFY_FAILED", "IP address mismatch, certificate …", "tls.verify_host"),
    ],
)
def test_somebody_we_call_over_tls(reason: str, message: str, words: str) -> None:
    assert words in callee_untrusted("PACS at 10.0.0.5:2762", _error(reason, message))


def test_a_connection_that_just_ends() -> None:
    assert "broke off" in caller_untrusted("10.0.0.7", ConnectionResetError(104, "reset by peer"))
