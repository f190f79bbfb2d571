"""The registry of remote systems."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from appliance.errors import UnknownName
from appliance.network.diagnosis import name_of
from appliance.nodes import doctor, model
from appliance.nodes.service import Nodes as Registry
from appliance.nodes.window import Window
from appliance.transfers.model import Standing
from appliance.transfers.service import Transfers
from web.forms import NodeChanges, NodeForm
from web.services.nodes import Association, Caller, Echo, Node, Step

_LIMITS = {"bandwidth", "max_incoming", "incoming_rate"}  # 0 takes them away


@dataclass(frozen=True)
class Nodes:
    """See `web.services.nodes.Nodes`."""

    registry: Registry
    transfers: Transfers

    async def listed(self) -> list[Node]:
        standings = {one.destination: one for one in await self.transfers.standings()}
        waiting = await self.transfers.waiting()
        return [
            _node(one, standings.get(one.name), waiting.get(one.name, 0))
            for one in self.registry.list()
        ]

    async def one(self, name: str) -> Node:
        """Raises `UnknownName`."""
        found = next((node for node in await self.listed() if node.name == name), None)
        if found is None:
            raise UnknownName(f"no node is called {name}")
        return found

    async def add(self, form: NodeForm) -> Node:
        await self.registry.add(_registered(form))
        return await self.one(form.name)

    async def change(self, name: str, changes: NodeChanges) -> Node:
        await self.registry.change(_changed(self.registry.known(name), changes))
        return await self.one(name)

    async def remove(self, name: str) -> None:
        await self.registry.remove(name)

    async def echo(self, name: str) -> Echo:
        answer = await self.registry.echo(name)
        return Echo(answer.ok, answer.seconds, answer.diagnosis)

    def examine(self, name: str) -> AsyncGenerator[Step, None]:
        return _steps(self.registry.examine(name))

    async def pending(self) -> list[Caller]:
        return _callers(await self.registry.pending())

    async def admit(
        self,
        ae_title: str,
        host: str | None,
        name: str | None,
        services: tuple[str, ...] = (),
    ) -> Caller:
        before = _callers(await self.registry.pending())
        node = await self.registry.admit_pending(ae_title, host, name, services)
        return next(
            one for one in before if (one.calling_ae_title, one.host) == (ae_title, node.host)
        )

    async def associations(self, peer: str | None) -> list[Association]:
        return [
            Association(
                peer=one.peer,
                calling_ae_title=one.calling_ae_title,
                called_ae_title=one.called_ae_title,
                direction=one.direction,
                began=one.began,
                seconds=one.seconds,
                outcome=one.outcome,
                objects=one.objects,
                bytes=one.bytes,
                diagnosis=one.diagnosis,
            )
            for one in await self.registry.reports(peer or "")
        ]


async def _steps(found: AsyncGenerator[doctor.Step, None]) -> AsyncGenerator[Step, None]:
    async with aclosing(found):
        async for one in found:
            yield Step(one.name, one.ok, one.seconds, one.words)


def _registered(form: NodeForm) -> model.Node:
    return model.Node(
        name=form.name,
        ae_title=form.ae_title,
        host=form.host,
        port=form.port,
        calling_ae_title=form.calling_ae_title,
        transfer_syntaxes=form.transfer_syntaxes,
        max_associations=form.max_associations,
        bandwidth=form.bandwidth,
        window=Window.parse(form.window) if form.window else None,
        tls=form.tls,
        services=form.services,
        accepted_syntaxes=form.accepted_syntaxes,
        preferred_syntax=form.preferred_syntax,
        commitment=form.commitment,
        url=form.url,
        token=form.token,
        max_incoming=form.max_incoming,
        incoming_rate=form.incoming_rate,
    )


def _changed(node: model.Node, changes: NodeChanges) -> model.Node:
    given = {
        name: value
        for name in NodeChanges.__slots__
        if (value := getattr(changes, name)) is not None
    }
    if "window" in given:
        given["window"] = Window.parse(given["window"]) if given["window"] else None
    for limit in _LIMITS & given.keys():
        given[limit] = given[limit] or None
    return replace(node, **given)


def _node(one: model.Node, standing: Standing | None, waiting: int) -> Node:
    return Node(
        name=one.name,
        ae_title=one.ae_title,
        host=one.host,
        port=one.port,
        calling_ae_title=one.calling_ae_title,
        transfer_syntaxes=one.transfer_syntaxes,
        max_associations=one.max_associations,
        bandwidth=one.bandwidth,
        window=str(one.window) if one.window else None,
        paused=standing.paused if standing else False,
        waiting=waiting,
        note=(standing.parked or standing.trouble) if standing else "",
        tls=one.tls,
        services=one.services,
        accepted_syntaxes=one.accepted_syntaxes,
        preferred_syntax=one.preferred_syntax,
        commitment=one.commitment,
        url=one.url,
        has_token=bool(one.token),
        max_incoming=one.max_incoming,
        incoming_rate=one.incoming_rate,
    )


def _callers(strangers: Sequence[model.Stranger]) -> list[Caller]:
    return [
        Caller(
            calling_ae_title=one.calling_ae_title,
            called_ae_title=one.called_ae_title,
            host=one.host,
            calls=one.calls,
            first_call=one.first_call,
            last_call=one.last_call,
            asked_for=_names(sop_class for sop_class, _ in one.proposed),
            transfer_syntaxes=_names(uid for _, uids in one.proposed for uid in uids),
            reason=one.reason,
        )
        for one in strangers
    ]


def _names(uids: Iterable[str]) -> tuple[str, ...]:
    """Each once, in words where the standard has some."""
    return tuple(dict.fromkeys(map(name_of, uids)))
