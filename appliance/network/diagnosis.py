"""What went wrong between two systems, in words a technician can act on: pure text."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pydicom.uid import UID

from appliance.dicom.errors import AbortSource, RemoteProtocolError
from appliance.dicom.pdu import AssociateReject
from appliance.network.errors import Kind
from appliance.network.services import Caller
from appliance.network.settings import Remote

_HTTP = (b"GET ", b"POST", b"HEAD", b"PUT ", b"OPTI", b"CONN", b"PRI ", b"DELE", b"HTTP")
_MOST_NAMED = 5

# PS3.8 Table 9-21, (source, diagnostic) → what it means.
_REJECTIONS = {
    (1, 1): "it gave no reason",
    (1, 2): "it does not support the DICOM application context name",
    (1, 3): "it does not recognize the calling AE title",
    (1, 7): "it does not recognize the called AE title",
    (2, 1): "it gave no reason",
    (2, 2): "it does not support the protocol version",
    (3, 1): "it is congested for the moment",
    (3, 2): "it has reached its limit of associations",
}
# PS3.8 Table 9-26, reasons of the service provider.
_ABORT_REASONS = {
    0: "without a reason",
    1: "because of a PDU it does not know",
    2: "because of a PDU it did not expect then",
    4: "because of a PDU parameter it does not know",
    5: "because of a PDU parameter it did not expect",
    6: "because of an invalid PDU parameter value, for instance a PDU too long for it",
}


class Finding(NamedTuple):
    """A failure's kind and its words."""

    kind: Kind
    text: str


def name_of(uid: str) -> str:
    """The standard's name of a UID with the UID itself, or the UID alone."""
    name = UID(uid).name
    return uid if name == uid else f"{name} ({uid})"


def names_of(uids: Iterable[str]) -> str:
    """Some of the names, and how many more there are."""
    distinct = list(dict.fromkeys(uids))
    shown = ", ".join(map(name_of, distinct[:_MOST_NAMED]))
    more = len(distinct) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def foreign_speech(sample: bytes) -> Finding | None:
    """What protocol these first bytes are, when it is one we know and not DICOM."""
    if sample[:1] in (b"\x15", b"\x16") and sample[1:2] == b"\x03":
        return Finding("tls", "TLS")
    if sample.startswith(_HTTP):
        return Finding("not_dicom", "HTTP")
    if sample.startswith(b"SSH-"):
        return Finding("not_dicom", "SSH")
    return None


# Somebody calls us


def caller_not_dicom(host: str, error: RemoteProtocolError) -> Finding:
    """The first bytes of a caller were no PDU."""
    speech = foreign_speech(error.sample)
    if speech is None:
        return Finding("not_dicom", f"{host} sent something that is not DICOM. {_CHECK_CALLER}")
    kind, protocol = speech
    if kind == "tls":
        advice = "Switch TLS off for this destination at the caller: this port is for plain DICOM."
    else:
        advice = _CHECK_CALLER
    return Finding(kind, f"{host} spoke {protocol} on the DICOM port. {advice}")


_CHECK_CALLER = "Check the port in the caller's configuration; if nobody meant to call, ignore it."


def caller_silent(host: str, seconds: float, received: int) -> str:
    """A caller connected and did not complete its request."""
    sent = f"only {received} bytes of a request" if received else "nothing"
    return (
        f"{host} connected and sent {sent} within {seconds:g} s. It may be a port scan or a "
        "monitoring probe; if it is a modality, look for a firewall between it and here."
    )


def caller_hung_up(host: str, received: int) -> str:
    """A caller left before it had asked for an association."""
    what = "after part of a request" if received else "without a word"
    return (
        f"{host} connected and left {what}. A port scan or a monitoring probe does so; if it is "
        "a modality, see its own log for the reason."
    )


def caller_rejected(caller: Caller, reason: str) -> str:
    return f"{_who(caller)} was rejected: {reason}"


def nothing_in_common(caller: Caller) -> str:
    """We accepted an association but none of its contexts."""
    offered = names_of(abstract for abstract, _ in caller.proposed) or "nothing"
    return (
        f"{_who(caller)} proposed {offered}: no service, or no transfer syntax, that is offered "
        "here to it. A system that is not registered may do little: `arca node admit` registers "
        "it; what a registered one may do, `arca node set` changes. Else change what it asks for."
    )


def caller_broke_protocol(caller: Caller, error: RemoteProtocolError) -> str:
    return f"{_who(caller)} broke the DICOM protocol: {error}. Ask its manufacturer."


def caller_aborted(caller: Caller, source: int, reason: int) -> str:
    return f"{_who(caller)} aborted the association {_abort_words(source, reason)}; see its log."


def caller_broke_off(caller: Caller) -> str:
    return (
        f"The connection of {_who(caller)} ended without a release. What had been answered is "
        "kept; look for a restart of the caller, or a firewall that cuts connections."
    )


def caller_stalled(caller: Caller, waiting_for: str, seconds: float) -> str:
    return (
        f"{_who(caller)} kept us waiting {seconds:g} s for {waiting_for}, so the association was "
        "aborted. Look at the caller and the line."
    )


def caller_trickled(caller: Caller, minimum_rate: int) -> str:
    return (
        f"{_who(caller)} sent slower than {minimum_rate} bytes per second, so the association was "
        "aborted. Look at the line."
    )


def caller_held(caller: Caller, rate: int, seconds: float) -> str:
    """It sent faster than its node is allowed; "" when that hardly cost it time."""
    if seconds < 1:
        return ""
    return (
        f"{_who(caller)} was made to wait {seconds:.0f} s in all: its node is allowed "
        f"{rate} bytes per second over one association."
    )


def _who(caller: Caller) -> str:
    return f"{caller.calling_ae_title or 'a caller without an AE title'} at {caller.host}"


# We call somebody


def not_connected(remote: Remote, error: OSError) -> Finding:
    """The connection did not come about."""
    at = f"{remote.host}:{remote.port}"
    if error.errno == errno.ECONNREFUSED:
        return Finding(
            "refused_connection",
            f"{at} refused the connection: the machine is up, but nothing listens on that port. "
            f"Check the port of {remote.ae_title} here, and that its DICOM service runs there.",
        )
    return Finding(
        "unreachable",
        f"{at} cannot be reached ({error.strerror or error}). Check the address here, and the "
        "cable, route and firewall between.",
    )


def unknown_host(remote: Remote) -> Finding:
    return Finding(
        "unknown_host",
        f"The name {remote.host} is unknown. Correct it, use the IP address, or mend the DNS.",
    )


def connect_timed_out(remote: Remote, seconds: float) -> Finding:
    return Finding(
        "timeout",
        f"{remote.host}:{remote.port} did not answer within {seconds:g} s. The machine is off, "
        "the address is wrong, or a firewall drops the connection.",
    )


def silent(remote: Remote, waited_for: str, seconds: float) -> Finding:
    """It is connected but says nothing."""
    return Finding(
        "timeout",
        f"{_at(remote)} is connected but kept silent for {seconds:g} s ({waited_for}). If it "
        "never answers, the port may not be DICOM's, may want TLS, or a firewall is in between; "
        "if it sometimes does, it is overloaded.",
    )


def stalled(remote: Remote, seconds: float) -> Finding:
    return Finding(
        "timeout",
        f"{_at(remote)} took no data for {seconds:g} s. It is overloaded or the line is cut.",
    )


def rejected(remote: Remote, answer: AssociateReject) -> Finding:
    """A-ASSOCIATE-RJ in words, with what to change."""
    why = _REJECTIONS.get((answer.source, answer.diagnostic), "it gave an unknown reason")
    code = f"{answer.result}/{answer.source}/{answer.diagnostic}"
    if (answer.source, answer.diagnostic) == (1, 3):
        advice = f'Register "{remote.calling_ae_title}" with this machine\'s address there.'
    elif (answer.source, answer.diagnostic) == (1, 7):
        advice = f'Check that it is really called "{remote.ae_title}", and correct it here.'
    elif answer.result == 2:
        advice = "It will be tried again; if that lasts, raise the limit there."
    else:
        advice = "Its log says more."
    kind: Kind = "rejected_transient" if answer.result == 2 else "rejected_permanent"
    return Finding(kind, f"{_at(remote)} rejected the association ({code}): {why}. {advice}")


def no_context(remote: Remote, wanted: Sequence[str], syntaxes: Sequence[str] = ()) -> Finding:
    """Nothing of what we proposed was accepted."""
    how = f" in {names_of(syntaxes)}" if syntaxes else ""
    return Finding(
        "no_context",
        f"{_at(remote)} does not accept {names_of(wanted)}{how}. Enable it there, or send "
        "it in another transfer syntax.",
    )


def peer_aborted(remote: Remote, source: int, reason: int) -> Finding:
    return Finding(
        "aborted",
        f"{_at(remote)} aborted the association {_abort_words(source, reason)}. Its log says why.",
    )


def peer_hung_up(remote: Remote, *, established: bool) -> Finding:
    if established:
        text = (
            f"{_at(remote)} closed the connection without a word. It crashed or restarted, or a "
            "firewall cut the connection."
        )
    else:
        text = (
            f"{_at(remote)} closed the connection instead of answering. It may want TLS, may not "
            "admit this machine's address, or the port is not DICOM's."
        )
    return Finding("broken", text)


def peer_broke_protocol(remote: Remote, error: RemoteProtocolError) -> Finding:
    """What came from a system we called makes no sense."""
    speech = foreign_speech(error.sample)
    if speech is None:
        return Finding("protocol", f"{_at(remote)} broke the DICOM protocol: {error}.")
    kind, protocol = speech
    if kind == "tls":
        advice = "Its port wants TLS: switch TLS on for it here, or use its plain port."
    else:
        advice = "Correct the port here."
    return Finding(kind, f"{remote.host}:{remote.port} speaks {protocol}, not DICOM. {advice}")


def _at(remote: Remote) -> str:
    return f"{remote.ae_title} at {remote.host}:{remote.port}"


def _abort_words(source: int, reason: int) -> str:
    if source == AbortSource.SERVICE_USER:
        return "by decision of its application"
    return _ABORT_REASONS.get(reason, f"for a reason unknown to the standard ({reason})")
