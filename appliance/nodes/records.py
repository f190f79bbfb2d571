"""The tables of nodes, of strangers who called, and of how associations went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tortoise import fields
from tortoise.expressions import F
from tortoise.indexes import Index
from tortoise.models import Model

from appliance.database.schema import transaction
from appliance.network.services import AssociationReport
from appliance.nodes.model import Node, Stranger
from appliance.nodes.window import Window

# What is kept about each peer, and about how many.
REPORTS_OF_A_PEER = 20
_MOST_PEERS = 500
_MOST_STRANGERS = 200
# Cut what comes from the wire to what the column holds.
_LONGEST_TITLE, _LONGEST_HOST = 16, 253

_OPTIONS = (
    "tls",
    "services",
    "accepted_syntaxes",
    "preferred_syntax",
    "commitment",
    "url",
    "token",
    "max_incoming",
    "incoming_rate",
)


class NodeRow(Model):
    """A node."""

    name = fields.CharField(max_length=63, primary_key=True)
    ae_title = fields.CharField(max_length=16)
    host = fields.CharField(max_length=253)
    port = fields.IntField()
    calling_ae_title = fields.CharField(max_length=16)
    transfer_syntaxes: Any = fields.JSONField()
    max_associations = fields.IntField()
    batch_size = fields.IntField()
    bandwidth = fields.BigIntField(null=True)
    window = fields.CharField(max_length=11)
    connect_seconds = fields.FloatField()
    answer_seconds = fields.FloatField()
    options: Any = fields.JSONField(null=True)  # what few nodes have: by the field's name

    class Meta:
        table = "nodes_node"


class StrangerRow(Model):
    """A caller that is no node."""

    id = fields.BigIntField(primary_key=True)
    calling_ae_title = fields.CharField(max_length=16)
    host = fields.CharField(max_length=253)
    called_ae_title = fields.CharField(max_length=16)
    first_call = fields.DatetimeField()
    last_call = fields.DatetimeField()
    calls = fields.IntField()
    proposed: Any = fields.JSONField()

    class Meta:
        table = "nodes_stranger"
        unique_together = (("calling_ae_title", "host"),)
        indexes = (Index(fields=("last_call",)),)


class ReportRow(Model):
    """How an association went, the last ones of each peer."""

    id = fields.BigIntField(primary_key=True)
    peer = fields.CharField(max_length=253)
    calling_ae_title = fields.CharField(max_length=16)
    called_ae_title = fields.CharField(max_length=16)
    direction = fields.CharField(max_length=3)
    began = fields.DatetimeField()
    seconds = fields.FloatField()
    outcome = fields.CharField(max_length=16)
    objects = fields.IntField()
    bytes = fields.BigIntField()
    diagnosis = fields.TextField()

    class Meta:
        table = "nodes_report"
        indexes = (Index(fields=("peer", "id")),)


async def nodes() -> list[Node]:
    """All nodes by name."""
    return [_node(row) for row in await NodeRow.all().order_by("name")]


async def keep(node: Node) -> None:
    """Add a node, or replace the one of its name."""
    values: dict[str, Any] = {
        name: getattr(node, name)
        for name in Node.__slots__
        if name not in {"name", "window", "transfer_syntaxes", *_OPTIONS}
    }
    values["window"] = str(node.window or "")
    values["transfer_syntaxes"] = list(node.transfer_syntaxes)
    values["options"] = {name: _plain(getattr(node, name)) for name in _OPTIONS}
    async with transaction():
        await NodeRow.update_or_create(values, name=node.name)
        await StrangerRow.filter(calling_ae_title=node.ae_title, host=node.host).delete()


async def remove(name: str) -> None:
    async with transaction():
        await NodeRow.filter(name=name).delete()


def _node(row: NodeRow) -> Node:
    return Node(
        name=row.name,
        ae_title=row.ae_title,
        host=row.host,
        port=row.port,
        calling_ae_title=row.calling_ae_title,
        transfer_syntaxes=tuple(row.transfer_syntaxes),
        max_associations=row.max_associations,
        batch_size=row.batch_size,
        bandwidth=row.bandwidth,
        window=Window.parse(row.window) if row.window else None,
        connect_seconds=row.connect_seconds,
        answer_seconds=row.answer_seconds,
        **{name: _value(given) for name, given in (row.options or {}).items() if name in _OPTIONS},
    )


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _value(given: Any) -> Any:
    return tuple(given) if isinstance(given, list) else given


async def note(strangers: Sequence[Stranger], reports: Sequence[AssociationReport]) -> None:
    """Write down who called and how it went; let go of what is too old."""
    async with transaction():
        for stranger in strangers:
            await _note_stranger(stranger)
        if strangers:
            await _trim_strangers()
        await ReportRow.bulk_create([_report_row(report) for report in reports])
        for peer in sorted({report.peer[:_LONGEST_HOST] for report in reports}):
            await _trim_reports(peer)
        if reports:
            await _trim_peers()


async def _note_stranger(stranger: Stranger) -> None:
    title, host = stranger.calling_ae_title[:_LONGEST_TITLE], stranger.host[:_LONGEST_HOST]
    changes: dict[str, Any] = {
        "called_ae_title": stranger.called_ae_title[:_LONGEST_TITLE],
        "last_call": stranger.last_call,
        "proposed": {"contexts": stranger.proposed, "reason": stranger.reason},
    }
    known = StrangerRow.filter(calling_ae_title=title, host=host)
    if await known.update(calls=F("calls") + stranger.calls, **changes):
        return
    await StrangerRow.create(
        calling_ae_title=title,
        host=host,
        first_call=stranger.first_call,
        calls=stranger.calls,
        **changes,
    )


async def _trim_strangers() -> None:
    old = (
        await StrangerRow.all()
        .order_by("-last_call")
        .offset(_MOST_STRANGERS)
        .limit(1000)
        .only("id")
    )
    if old:
        await StrangerRow.filter(id__in=[row.id for row in old]).delete()


async def _trim_reports(peer: str) -> None:
    oldest = (
        await ReportRow.filter(peer=peer)
        .order_by("-id")
        .offset(REPORTS_OF_A_PEER - 1)
        .limit(1)
        .only("id")
    )
    if oldest:
        await ReportRow.filter(peer=peer, id__lt=oldest[0].id).delete()


async def _trim_peers() -> None:
    """A scan of the network must not push out anybody's reports, but neither stay for ever."""
    oldest = (
        await ReportRow.all()
        .order_by("-id")
        .offset(_MOST_PEERS * REPORTS_OF_A_PEER)
        .limit(1)
        .only("id")
    )
    if oldest:
        await ReportRow.filter(id__lte=oldest[0].id).delete()


async def strangers() -> list[Stranger]:
    """Who called and is no node, the latest first."""
    return [
        Stranger(
            row.calling_ae_title,
            row.called_ae_title,
            row.host,
            row.first_call,
            row.last_call,
            row.calls,
            *_proposal(row.proposed),
        )
        for row in await StrangerRow.all().order_by("-last_call")
    ]


def _proposal(kept: Any) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], str]:
    """What was proposed, and why that was turned away; rows of old hold SOP classes alone."""
    if isinstance(kept, list):
        return tuple((sop_class, ()) for sop_class in kept), ""
    contexts = tuple((sop_class, tuple(syntaxes)) for sop_class, syntaxes in kept["contexts"])
    return contexts, kept["reason"]


async def reports(
    hosts: Sequence[str], titles: Sequence[str], limit: int
) -> list[AssociationReport]:
    """The newest reports first; of these hosts or AE titles only, when any are given."""
    rows: dict[int, ReportRow] = {}
    queries = [ReportRow.all()] if not hosts and not titles else []
    queries += [ReportRow.filter(peer__in=list(hosts))] if hosts else []
    queries += [ReportRow.filter(calling_ae_title__in=list(titles))] if titles else []
    queries += [ReportRow.filter(called_ae_title__in=list(titles))] if titles else []
    for query in queries:
        rows.update((row.id, row) for row in await query.order_by("-id").limit(limit))
    return [_report(rows[id_]) for id_ in sorted(rows, reverse=True)[:limit]]


def _report_row(report: AssociationReport) -> ReportRow:
    values = {name: getattr(report, name) for name in AssociationReport.__slots__}
    values["peer"] = report.peer[:_LONGEST_HOST]
    values["calling_ae_title"] = report.calling_ae_title[:_LONGEST_TITLE]
    values["called_ae_title"] = report.called_ae_title[:_LONGEST_TITLE]
    return ReportRow(**values)


def _report(row: ReportRow) -> AssociationReport:
    return AssociationReport(**{name: getattr(row, name) for name in AssociationReport.__slots__})
