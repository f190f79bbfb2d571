"""Why two systems did not come together over TLS, in words: pure text."""

from __future__ import annotations

import ssl

# OpenSSL's reasons, by what they mean.
_NOT_TLS = {
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
}
_NOTHING_IN_COMMON = {
    "NO_SHARED_CIPHER",
    "UNSUPPORTED_PROTOCOL",
    "NO_PROTOCOLS_AVAILABLE",
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "SSLV3_ALERT_HANDSHAKE_FAILURE",
}
_WE_SHOW_NONE = {"TLSV13_ALERT_CERTIFICATE_REQUIRED"}
_PEER_DOUBTS_US = {
    "TLSV1_ALERT_UNKNOWN_CA",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    "SSLV3_ALERT_BAD_CERTIFICATE",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED",
}


def caller_untrusted(host: str, error: OSError) -> str:
    """A caller of our TLS port did not get past the handshake."""
    reason = _reason(error)
    if reason in _NOT_TLS:
        return (
            f"{host} called the TLS port without TLS. Switch TLS on for this destination at the "
            "caller, or let it use the plain DICOM port."
        )
    if reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
        return (
            f"{host} showed no certificate. Give it one that an authority trusted here has signed "
            "(`arca certificate issue` makes one)."
        )
    return f"{host} {_common(reason, error)}"


def callee_untrusted(who: str, error: OSError) -> str:
    """Somebody we called over TLS did not get past the handshake."""
    reason = _reason(error)
    if reason in _NOT_TLS:
        return (
            f"{who} does not speak TLS on that port. Switch TLS off for it here, or correct the "
            "port."
        )
    if reason in _WE_SHOW_NONE:
        return f"{who} wants a certificate of ours. `arca certificate request` makes one."
    return f"{who} {_common(reason, error)}"


def _common(reason: str, error: OSError) -> str:
    if reason == "CERTIFICATE_VERIFY_FAILED":
        return f"showed a certificate that is not trusted here: {_doubt(error)}"
    if reason in _PEER_DOUBTS_US:
        return (
            "does not trust our certificate. Give it the certificate of our authority: "
            "`arca certificate authority` shows the file."
        )
    if reason in _NOTHING_IN_COMMON:
        return (
            "has no version or cipher of TLS in common with us: here it is TLS 1.2 or later with "
            "forward secrecy (BCP 195). Update that system, or switch its old ciphers off."
        )
    return f"broke off the TLS handshake ({reason or error.strerror or error}). See its log."


def _doubt(error: OSError) -> str:
    said = str(getattr(error, "verify_message", "") or error)
    if "expired" in said:
        return f"{said}. Renew it there, and check the clocks of both systems."
    if "not yet valid" in said:
        return f"{said}. Check the clocks of both systems."
    if "Hostname mismatch" in said or "IP address mismatch" in said:
        return (
            f"{said}. Use the name in its certificate as the node's host, or set "
            "tls.verify_host = false."
        )
    return f"{said}. `arca certificate trust FILE` takes in the authority that signed it."


def _reason(error: OSError) -> str:
    return error.reason or "" if isinstance(error, ssl.SSLError) else ""
