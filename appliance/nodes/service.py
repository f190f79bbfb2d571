"""The registry of nodes: who they are, who may call, how calls went."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from ipaddress import ip_address

import trio

from appliance import clock
from appliance.database.door import Database
from appliance.errors import BadRequest, NameTaken, UnknownName
from appliance.network.services import AssociationReport, Caller, Verdict
from appliance.nodes import records
from appliance.nodes.doctor import Step
from appliance.nodes.doctor import examine as examine_plainly
from appliance.nodes.model import (
    Echo,
    Node,
    Settings,
    Stranger,
    is_ae_title,
    plain_host,
    problems,
    suggested_name,
    verdict,
)

log = logging.getLogger(__name__)

# Between two writes of what callers did; many calls make one write.
_FLUSH_SECONDS = 2.0
# Names of hosts may come to mean other addresses.
_RESOLVE_SECONDS = 300.0
_RESOLVE_DEADLINE = 10.0
# More at once is a flood: the oldest reports and further strangers are let go.
_MOST_REPORTS = 2000
_MOST_STRANGERS = 256
_DEFAULT_PORT = 104  # PS3.8 §9.1.2: the well-known port


async def resolve(host: str) -> frozenset[str]:
    """The addresses of a host; none when its name means nothing at present."""
    try:
        return frozenset({str(ip_address(plain_host(host)))})
    except ValueError:
        pass
    found: Iterable[tuple[object, object, object, str, tuple[object, ...]]] = ()
    with trio.move_on_after(_RESOLVE_DEADLINE):
        try:
            found = await trio.socket.getaddrinfo(host, None)
        except OSError:
            log.info("the host name of a node cannot be resolved")
    return frozenset(plain_host(str(address[0])) for *_, address in found)


async def _unused(_: str) -> str:
    return ""


class Nodes:
    """Remote systems. Answers about callers come from memory: no database on that way."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        echo: Callable[[Node, str], Awaitable[Echo]],
        examine: Callable[[Node, str], AsyncGenerator[Step, None]] = examine_plainly,
        in_use: Callable[[str], Awaitable[str]] = _unused,
        changed: Callable[[str], None] = lambda _: None,
        now: clock.Clock = clock.now,
    ) -> None:
        """`echo` calls a node with our AE title, `examine` tries the way there; `in_use` says in
        words what needs a node ("" when nothing does); `changed` is told the name of a node
        that came or changed."""
        self._database = database
        self._settings = settings
        self._echo = echo
        self._examine = examine
        self._in_use = in_use
        self._changed = changed
        self._now = now
        self._nodes: dict[str, Node] = {}
        self._addresses: dict[str, frozenset[str]] = {}  # by host
        self._strangers: dict[tuple[str, str], Stranger] = {}
        self._reports: deque[AssociationReport] = deque(maxlen=_MOST_REPORTS)

    async def load(self) -> None:
        """Read the registry; before the first call is answered."""
        self._nodes = {node.name: node for node in await self._database.read(records.nodes)}
        await self._resolve()

    async def run(self) -> None:
        """Write down what callers did and follow the names of hosts, until cancelled."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._follow_names)
                while True:
                    await trio.sleep(_FLUSH_SECONDS)
                    await self.flush()
        finally:
            with trio.move_on_after(_FLUSH_SECONDS, shield=True):
                await self.flush()

    async def _follow_names(self) -> None:
        while True:
            await trio.sleep(_RESOLVE_SECONDS)
            await self._resolve()

    async def _resolve(self) -> None:
        async def look_up(host: str) -> None:
            self._addresses[host] = await resolve(host)

        async with trio.open_nursery() as nursery:
            for host in {node.host for node in self._nodes.values()}:
                nursery.start_soon(look_up, host)

    # The registry.

    def list(self) -> list[Node]:
        """All nodes by name."""
        return sorted(self._nodes.values(), key=lambda node: node.name)

    def get(self, name: str) -> Node | None:
        """The node of that name."""
        return self._nodes.get(name)

    async def add(self, node: Node) -> Node:
        """Register a node. Raises `BadRequest` and `NameTaken`."""
        if node.name in self._nodes:
            raise NameTaken(f"a node is called {node.name} already: remove it, or change it")
        return await self._keep(node)

    async def change(self, node: Node) -> Node:
        """Replace the node of that name. Raises `BadRequest` and `UnknownName`."""
        self.known(node.name)
        return await self._keep(node)

    async def _keep(self, node: Node) -> Node:
        if wrong := problems(node):
            raise BadRequest("; ".join(wrong))
        await self._database.run(records.keep, node)
        self._nodes[node.name] = node
        self._addresses[node.host] = await resolve(node.host)
        self._changed(node.name)
        return node

    async def remove(self, name: str) -> None:
        """Forget a node. Raises `UnknownName`, and `BadRequest` while something needs it."""
        self.known(name)
        if why := await self._in_use(name):
            raise BadRequest(f"node {name} is needed: {why}")
        await self._database.run(records.remove, name)
        del self._nodes[name]

    def known(self, name: str) -> Node:
        """The node of that name. Raises `UnknownName`, which lists those there are."""
        node = self._nodes.get(name)
        if node is None:
            known = ", ".join(sorted(self._nodes)) or "none yet"
            raise UnknownName(f"no node is called {name}; there are: {known}")
        return node

    async def echo(self, name: str) -> Echo:
        """Call a node and ask whether it is there (C-ECHO). Raises `UnknownName` only."""
        node = self.known(name)
        return await self._echo(node, node.calling_ae_title or self._settings.ae_title)

    def examine(self, name: str) -> AsyncGenerator[Step, None]:
        """Try the way to a node, step by step. Raises `UnknownName`, at once."""
        node = self.known(name)
        return self._examine(node, node.calling_ae_title or self._settings.ae_title)

    # Callers.

    async def admit(self, caller: Caller) -> Verdict:
        """Whether to let a caller in (`network.services.Services.admit`)."""
        title = caller.calling_ae_title.strip()
        known = [
            (node, self._addresses.get(node.host, frozenset()))
            for node in self._nodes.values()
            if node.ae_title.strip() == title
        ]
        answer = verdict(caller, self._settings, known)
        if not known and caller.called_ae_title.strip() == self._settings.ae_title.strip():
            self._note_stranger(caller, "" if answer.accept else answer.reason)
        return answer

    def _note_stranger(self, caller: Caller, reason: str) -> None:
        key = (caller.calling_ae_title.strip(), plain_host(caller.host))
        now, before = self._now(), self._strangers.get(key)
        if before is None and len(self._strangers) >= _MOST_STRANGERS:
            return
        self._strangers[key] = Stranger(
            calling_ae_title=key[0],
            called_ae_title=caller.called_ae_title.strip(),
            host=key[1],
            first_call=before.first_call if before else now,
            last_call=now,
            calls=before.calls + 1 if before else 1,
            proposed=caller.proposed,
            reason=reason,
        )

    def note_report(self, report: AssociationReport) -> None:
        """Keep how an association went (`network.services.Services.ended`); never waits."""
        self._reports.append(replace(report, peer=plain_host(report.peer)))

    async def flush(self) -> None:
        """Write down what callers did so far."""
        strangers, self._strangers = list(self._strangers.values()), {}
        reports = list(self._reports)
        self._reports.clear()
        if strangers or reports:
            await self._database.run(records.note, strangers, reports)

    async def pending(self) -> Sequence[Stranger]:
        """Who called and is no node, the latest first."""
        await self.flush()
        titles = {node.ae_title.strip() for node in self._nodes.values()}
        found = await self._database.read(records.strangers)
        return [one for one in found if one.calling_ae_title not in titles]

    async def admit_pending(
        self,
        ae_title: str,
        host: str | None = None,
        name: str | None = None,
        services: tuple[str, ...] = (),
    ) -> Node:
        """Make a node of a caller. Raises `UnknownName` and `BadRequest`.

        It may use these services; all of them when none is given.
        Its port is not known from its call: the well-known one is assumed.
        """
        stranger = self._the_one(ae_title, host, await self.pending())
        if not is_ae_title(ae_title):
            raise BadRequest(f"'{ae_title}' is no AE title that could be registered")
        return await self.add(
            Node(
                name=name or suggested_name(ae_title, list(self._nodes)),
                ae_title=ae_title,
                host=stranger.host,
                port=_DEFAULT_PORT,
                services=services,
            )
        )

    def _the_one(self, ae_title: str, host: str | None, all_: Sequence[Stranger]) -> Stranger:
        found = [
            one for one in all_ if one.calling_ae_title == ae_title and host in (None, one.host)
        ]
        if not found:
            at = f" from {host}" if host else ""
            raise UnknownName(f"nobody called '{ae_title}' has called{at}")
        if len(found) > 1:
            hosts = ", ".join(one.host for one in found)
            raise BadRequest(f"'{ae_title}' called from several hosts, name one: {hosts}")
        return found[0]

    async def reports(self, peer: str = "", limit: int = 100) -> Sequence[AssociationReport]:
        """The last associations, newest first; of a node (by name), a host or an AE title."""
        await self.flush()
        node = self._nodes.get(peer)
        if node is not None:
            hosts = sorted({node.host, *self._addresses.get(node.host, frozenset())})
            return await self._database.read(records.reports, hosts, [node.ae_title], limit)
        names = [peer] if peer else []
        return await self._database.read(records.reports, names, names, limit)
