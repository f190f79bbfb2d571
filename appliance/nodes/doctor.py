"""Examines the way to a node, step by step, and says what to change on which side."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace

import trio

from appliance.dicom.negotiation import Proposal
from appliance.errors import ConfigError
from appliance.network import diagnosis
from appliance.network.dialling import dial
from appliance.network.errors import AssociationFailed
from appliance.network.outgoing import OutgoingAssociation
from appliance.network.ping import ping
from appliance.network.requestor import VERIFICATION, associate
from appliance.network.secure import Security
from appliance.network.services import AssociationReport
from appliance.network.settings import Remote, RequestorSettings
from appliance.nodes.calling import remote_of
from appliance.nodes.model import Node

_PING_SECONDS = 2.0
_UNCOMPRESSED = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")
# What most clinics send: CR, DX, CT, MR, US, US multi-frame, NM, PET, mammography, secondary
# capture, encapsulated PDF and structured reports.
_USUAL = tuple(
    f"1.2.840.10008.5.1.4.1.1.{leaf}"
    for leaf in ("1", "1.1", "2", "4", "6.1", "3.1", "20", "128", "1.2", "7", "104.1", "88.33")
)
# With the usual classes that makes fewer than 128 contexts (PS3.8 §9.3.2.2).
_MOST_SYNTAXES = 127 // len(_USUAL)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried."""

    name: str
    ok: bool | None  # None: it proves nothing either way
    seconds: float
    words: str


async def examine(
    node: Node,
    calling_ae_title: str,
    security: Security | None = None,
    ended: Callable[[AssociationReport], None] | None = None,
) -> AsyncGenerator[Step, None]:
    """The steps as they are done; the first that fails is the last.

    Nothing is raised for what the node does: that is the finding.
    """
    remote = remote_of(node, calling_ae_title, security)
    name, address = await _name(node)
    yield name
    if node.url:
        words = f"it is sent to over {node.url}: what follows is about DICOM at its port only"
        yield Step("DICOMweb", None, 0.0, words)
    if not name.ok:
        return
    yield await _ping(address)
    reached = await _reach("connection", node, replace(remote, security=None))
    yield reached
    if reached.ok and node.tls:
        reached = await _secure(node, remote)
        yield reached
    if reached.ok:
        for step in await _speak(node, remote, ended):
            yield step


async def _name(node: Node) -> tuple[Step, str]:
    began = trio.current_time()
    remote = Remote(node.ae_title, node.host, node.port, "")
    try:
        with trio.fail_after(node.connect_seconds):
            found = await trio.socket.getaddrinfo(node.host, node.port)
    except (OSError, UnicodeError, trio.TooSlowError):
        return _step("name", began, False, diagnosis.unknown_host(remote).text), ""
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    words = f"{node.host} is {', '.join(addresses)}"
    return _step("name", began, True, words), addresses[0]


async def _ping(address: str) -> Step:
    began = trio.current_time()
    try:
        seconds = await ping(address, _PING_SECONDS)
    except OSError as error:
        words = f"could not be tried here ({error.strerror}); that says nothing about the node"
        return _step("ping", began, None, words)
    if seconds is None:
        return _step("ping", began, None, "no answer; many firewalls drop pings, so go on")
    return _step("ping", began, True, f"{address} answers")


async def _reach(name: str, node: Node, remote: Remote) -> Step:
    began = trio.current_time()
    try:
        (await dial(remote, node.connect_seconds)).close()
    except (AssociationFailed, ConfigError) as error:
        return _step(name, began, False, str(error))
    return _step(name, began, True, f"port {node.port} of {node.host} is open")


async def _secure(node: Node, remote: Remote) -> Step:
    if remote.security is None:
        words = "TLS is not set up here: `arca certificate` makes what it takes"
        return _step("TLS", trio.current_time(), False, words)
    return await _reach("TLS", node, remote)


async def _speak(
    node: Node, remote: Remote, ended: Callable[[AssociationReport], None] | None
) -> list[Step]:
    """The association, the C-ECHO over it, and what it would take from us."""
    began, steps, wanted = trio.current_time(), list[Step](), _wanted(node)
    settings = RequestorSettings(
        connect_timeout=node.connect_seconds,
        associate_timeout=min(node.answer_seconds, RequestorSettings().associate_timeout),
        response_timeout=node.answer_seconds,
    )
    try:
        async with associate(remote, [VERIFICATION, *wanted], settings, ended=ended) as line:
            words = f"{node.ae_title} took {remote.calling_ae_title} in"
            steps.append(_step("association", began, True, words))
            began = trio.current_time()
            steps.append(_echoed(node, await line.echo(), began))
            steps.append(_taken(node, line, wanted))
    except AssociationFailed as failure:
        steps.append(_step("C-ECHO" if steps else "association", began, False, str(failure)))
    return steps


def _wanted(node: Node) -> list[Proposal]:
    syntaxes = node.transfer_syntaxes or _UNCOMPRESSED
    preferred = (node.preferred_syntax,) if node.preferred_syntax else ()
    wanted = tuple(dict.fromkeys((*preferred, *syntaxes)))[:_MOST_SYNTAXES]
    return [(sop_class, (syntax,)) for sop_class in _USUAL for syntax in wanted]


def _echoed(node: Node, status: int, began: float) -> Step:
    if status == 0:
        return _step("C-ECHO", began, True, f"{node.ae_title} answers")
    words = f"{node.ae_title} answered the C-ECHO with status {status:04X}; its log says why"
    return _step("C-ECHO", began, False, words)


def _taken(node: Node, line: OutgoingAssociation, wanted: Sequence[Proposal]) -> Step:
    """A class counts as taken when one of its transfer syntaxes is."""
    classes = dict.fromkeys(sop_class for sop_class, _ in wanted)
    taken = {one for one, syntaxes in wanted if any(line.accepted(one, s) for s in syntaxes)}
    refused = [one for one in classes if one not in taken]
    now = trio.current_time()
    if not taken:
        words = f"{node.ae_title} takes none of the usual images: let {node.ae_title} accept them"
        return _step("images", now, False, f"{words} in {diagnosis.names_of(wanted[0][1])}")
    words = f"takes {len(taken)} of the {len(classes)} usual kinds of objects"
    refusal = f"; not {diagnosis.names_of(refused)}" if refused else ""
    return _step("images", now, True, words + refusal)


def _step(name: str, began: float, ok: bool | None, words: str) -> Step:
    return Step(name, ok, trio.current_time() - began, words)
