"""Remote systems as values, who of them may call, and why not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from ipaddress import ip_address
from typing import Literal, TypeAlias

from appliance.network.services import Caller, Verdict
from appliance.nodes.window import Window

Policy: TypeAlias = Literal["accept", "hold", "refuse"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_AE_TITLE = re.compile(r"[ -\[\]-~]{1,16}")  # PS3.5 §6.2, VR AE: no backslash, no controls
_HOST = re.compile(r"[A-Za-z0-9:._%-]{1,253}")
_UID = re.compile(r"[0-9.]{1,64}")
_URL = re.compile(r"https?://[A-Za-z0-9._~:/\[\]%-]{1,2000}")
_LOCAL = re.compile(r"http://(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?(/|$)")
_TOKEN = re.compile(r"[!-~]{0,4096}")
# Transfer syntaxes that an object can be brought into without losing anything.
LOSSLESS = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.201",
)

# Reasons of an A-ASSOCIATE-RJ of the service user (PS3.8 Table 9-21).
_CALLING_NOT_RECOGNISED = 3
_CALLED_NOT_RECOGNISED = 7
# Slower, and callers take us for dead.
_SLOWEST = 100_000
# A title this close to ours was most likely meant to be ours.
_NEAR = 0.6


# What a caller may use besides C-ECHO; rooms give their providers these names.
SERVICES = ("store", "find", "move", "get", "worklist", "mpps", "commitment")


@dataclass(frozen=True, slots=True)
class Settings:
    """Who we are, and what becomes of callers nobody registered."""

    ae_title: str = "ARCA"
    unknown_callers: Policy = "accept"
    unknown_services: tuple[str, ...] = ("store",)  # what they may use when they are accepted


@dataclass(frozen=True, slots=True)
class Node:
    """A remote system that images come from or go to."""

    name: str
    ae_title: str
    host: str
    port: int
    calling_ae_title: str = ""  # how we introduce ourselves there; empty: our own title
    transfer_syntaxes: tuple[str, ...] = ()  # what it may be sent; empty: anything
    max_associations: int = 2
    batch_size: int = 500  # objects over one association
    bandwidth: int | None = None  # bytes per second over all its associations
    window: Window | None = None  # when it may be sent to; None: always
    connect_seconds: float = 10.0
    answer_seconds: float = 60.0  # how long a C-STORE-RSP may take
    tls: bool = False  # it is called over TLS
    services: tuple[str, ...] = ()  # names of those it may use here; empty: all
    accepted_syntaxes: tuple[str, ...] = ()  # what it may send; empty: what the listener accepts
    preferred_syntax: str = ""  # what it is best sent in; "": as it is stored
    commitment: bool = False  # it offers storage commitment: ask for it after each transfer
    url: str = ""  # the base of its DICOMweb services; then it is sent to over these
    token: str = ""  # what it wants to see there
    max_incoming: int | None = None  # associations it may hold open to us; None: as everybody
    incoming_rate: int | None = None  # bytes per second we take over each of them; None: all


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody who called and is no node."""

    calling_ae_title: str
    called_ae_title: str
    host: str
    first_call: datetime
    last_call: datetime
    calls: int = 1
    proposed: tuple[
        tuple[str, tuple[str, ...]], ...
    ] = ()  # (SOP class, transfer syntaxes) of the last
    reason: str = ""  # why the last call was turned away; "" when it was not


@dataclass(frozen=True, slots=True)
class Echo:
    """The answer to a C-ECHO, or why none came."""

    ok: bool
    seconds: float
    diagnosis: str = ""


def problems(node: Node) -> list[str]:
    """What is wrong with a node, in words; empty when it can be used."""
    return [words for wrong, words in _checks(node) if wrong]


def _checks(node: Node) -> list[tuple[bool, str]]:
    return [
        (
            not _NAME.fullmatch(node.name),
            f"name '{node.name}': use 1 to 63 letters, digits, dots, dashes or underscores, "
            "a letter or digit first",
        ),
        (not is_ae_title(node.ae_title), _title_words("AE title", node.ae_title)),
        (
            node.calling_ae_title != "" and not is_ae_title(node.calling_ae_title),
            _title_words("calling AE title", node.calling_ae_title),
        ),
        (
            not _HOST.fullmatch(node.host),
            f"host '{node.host}': give a host name or an IP address, without a port",
        ),
        (not 1 <= node.port <= 65535, f"port {node.port}: ports go from 1 to 65535"),
        (
            not 1 <= node.max_associations <= 64,
            f"{node.max_associations} associations at once: allow 1 to 64",
        ),
        (
            not 1 <= node.batch_size <= 100_000,
            f"{node.batch_size} objects over one association: allow 1 to 100000",
        ),
        (
            node.bandwidth is not None and node.bandwidth < 1000,
            f"bandwidth {node.bandwidth}: give at least 1000 bytes per second, or none",
        ),
        (
            node.max_incoming is not None and not 1 <= node.max_incoming <= 1000,
            f"{node.max_incoming} incoming associations: allow 1 to 1000, or none to leave it open",
        ),
        (
            node.incoming_rate is not None and node.incoming_rate < _SLOWEST,
            f"incoming rate {node.incoming_rate}: give at least {_SLOWEST} bytes per second",
        ),
        (
            not 0.1 <= node.connect_seconds <= 600 or not 0.1 <= node.answer_seconds <= 86400,
            "time-outs: connecting may take 0.1 to 600 s, an answer 0.1 s to a day",
        ),
        *(
            (not _UID.fullmatch(uid), f"transfer syntax '{uid}' is no UID")
            for uid in (*node.transfer_syntaxes, *node.accepted_syntaxes)
        ),
        (
            node.preferred_syntax not in ("", *LOSSLESS),
            f"preferred syntax '{node.preferred_syntax}' is none that loses nothing; choose from "
            + ", ".join(LOSSLESS),
        ),
        *(
            (name not in SERVICES, f"service '{name}': there are {', '.join(SERVICES)}")
            for name in node.services
        ),
        (
            node.url != "" and not _URL.fullmatch(node.url),
            f"URL '{node.url}': give the base of its DICOMweb services, http:// or https://",
        ),
        (
            not _TOKEN.fullmatch(node.token),
            "token: use at most 4096 plain characters without spaces",
        ),
        (
            bool(node.token) and node.url.startswith("http://") and not _is_local(node.url),
            "a token must not go over http://, where everybody can read it; use https://",
        ),
    ]


def _is_local(url: str) -> bool:
    return bool(_LOCAL.match(url))


def is_ae_title(title: str) -> bool:
    """Whether `title` can be an AE title (PS3.5 §6.2)."""
    return bool(_AE_TITLE.fullmatch(title)) and bool(title.strip())


def _title_words(what: str, title: str) -> str:
    return f"{what} '{title}': 1 to 16 plain characters without a backslash, not only spaces"


def verdict(
    caller: Caller, settings: Settings, known: Sequence[tuple[Node, frozenset[str]]]
) -> Verdict:
    """Whether to let a caller in.

    `known` are the nodes with its calling AE title, each with the addresses its host
    stands for (empty: it could not be resolved, so the address proves nothing).
    """
    if caller.called_ae_title.strip() != settings.ae_title.strip():
        return _wrong_number(caller, settings)
    here = [node for node, addresses in known if _calls_from(caller, addresses)]
    if here:
        return _welcome(here)
    if settings.unknown_callers == "accept":
        allowed = frozenset(settings.unknown_services)
        return Verdict(accept=True, reason=_moved(caller, known), services=allowed)
    return _unknown(caller, settings, known)


def _calls_from(caller: Caller, addresses: frozenset[str]) -> bool:
    """A host that could not be resolved proves nothing, for or against."""
    return not addresses or plain_host(caller.host) in addresses


def _welcome(nodes: Sequence[Node]) -> Verdict:
    """Several nodes may share a title and a host: what one of them may, the caller may."""
    services = frozenset(name for node in nodes for name in node.services)
    syntaxes = frozenset(uid for node in nodes for uid in node.accepted_syntaxes)
    return Verdict(
        accept=True,
        services=services if all(node.services for node in nodes) else None,
        transfer_syntaxes=syntaxes if all(node.accepted_syntaxes for node in nodes) else None,
        node=nodes[0].name,
        most=_most([node.max_incoming for node in nodes]),
        rate=_most([node.incoming_rate for node in nodes]),
    )


def _most(limits: Sequence[int | None]) -> int | None:
    """The widest of several limits; None: there is none."""
    known = [limit for limit in limits if limit is not None]
    return max(known) if len(known) == len(limits) else None


def _wrong_number(caller: Caller, settings: Settings) -> Verdict:
    called, ours = caller.called_ae_title.strip(), settings.ae_title.strip()
    near = get_close_matches(called.upper(), [ours.upper()], cutoff=_NEAR)
    hint = f"did you mean {ours}?" if near else f"this system is called {ours}."
    return Verdict(
        accept=False,
        reason=f"{_who(caller)} asked for the AE title '{called}', which is not ours: {hint} "
        f"Set the called AE title to {ours} on the calling side.",
        diagnostic=_CALLED_NOT_RECOGNISED,
    )


def _moved(caller: Caller, known: Sequence[tuple[Node, frozenset[str]]]) -> str:
    """A note when a registered title calls from an address that is not the registered one."""
    if not known:
        return ""
    return f"{_who(caller)} uses the AE title of {_registered(known)}"


def _unknown(
    caller: Caller, settings: Settings, known: Sequence[tuple[Node, frozenset[str]]]
) -> Verdict:
    if known:
        why = (
            f"{_who(caller)} uses the AE title of {_registered(known)}: correct the host of that "
            "node, or give this system an AE title of its own."
        )
    elif settings.unknown_callers == "hold":
        why = f"{_who(caller)} is not registered. It waits among the pending callers: admit it."
    else:
        why = f"{_who(caller)} is not registered. Add it as a node to let it in."
    return Verdict(accept=False, reason=why, diagnostic=_CALLING_NOT_RECOGNISED)


def _registered(known: Sequence[tuple[Node, frozenset[str]]]) -> str:
    return " and ".join(f"node {node.name}, registered at {node.host}" for node, _ in known)


def _who(caller: Caller) -> str:
    return f"'{caller.calling_ae_title.strip()}' at {plain_host(caller.host)}"


def plain_host(host: str) -> str:
    """An address as people write it: IPv4 inside IPv6 is IPv4, a zone is dropped."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def suggested_name(ae_title: str, taken: Sequence[str]) -> str:
    """A free name for a node that so far has only an AE title."""
    base = re.sub(r"[^A-Za-z0-9._-]+", "-", ae_title.strip()).strip("-._").lower() or "node"
    names = [base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)
