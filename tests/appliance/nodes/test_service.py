"""The registry: kept over restarts, quick answers to callers, what they did written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import trio

from appliance.database.door import Database
from appliance.errors import BadRequest, NameTaken, UnknownName
from appliance.network.services import AssociationReport, Caller
from appliance.nodes.model import Echo, Node, Policy, Settings
from appliance.nodes.service import Nodes, resolve
from appliance.nodes.window import Window

BEGAN = datetime(2024, 1, 15, 12, tzinfo=UTC)
PACS = Node("pacs", "PACS", "127.0.0.1", 104)
FULL = Node(
    name="far",
    ae_title="FAR",
    host="10.1.1.1",
    port=11112,
    calling_ae_title="ME",
    transfer_syntaxes=("1.2.840.10008.1.2",),
    max_associations=4,
    batch_size=50,
    bandwidth=100_000,
    window=Window.parse("22:00-06:00"),
    connect_seconds=3.0,
    answer_seconds=5.0,
)


async def _echo(node: Node, calling: str) -> Echo:
    return Echo(ok=True, seconds=0.1, diagnosis=f"{calling} to {node.ae_title}")


def _registry(database: Database, policy: Policy = "hold") -> Nodes:
    return Nodes(database, Settings("ARCA", policy), echo=_echo)


@pytest.fixture
async def nodes(database: Database) -> Nodes:
    registry = _registry(database)
    await registry.load()
    return registry


def _caller(title: str = "CT", host: str = "10.0.0.7") -> Caller:
    return Caller(title, "ARCA", host, 1000, proposed=(("1.2.3", ("1.2",)),))


def _report(number: int, peer: str = "10.0.0.7", title: str = "CT") -> AssociationReport:
    began = BEGAN + timedelta(seconds=number)
    return AssociationReport(peer, title, "ARCA", "in", began, 1.5, "released", 3, 4000, "")


async def test_nodes_are_kept(nodes: Nodes, database: Database) -> None:
    await nodes.add(PACS)
    await nodes.add(FULL)
    again = _registry(database)
    await again.load()
    assert again.list() == [FULL, PACS]
    assert again.get("far") == FULL
    assert again.get("nobody") is None


async def test_a_name_is_given_once(nodes: Nodes) -> None:
    await nodes.add(PACS)
    with pytest.raises(NameTaken, match="pacs"):
        await nodes.add(PACS)
    await nodes.change(replace(PACS, port=105))
    assert nodes.list() == [replace(PACS, port=105)]


async def test_nonsense_is_refused_in_words(nodes: Nodes) -> None:
    with pytest.raises(BadRequest, match="port 0"):
        await nodes.add(Node("x", "", "h", 0))
    with pytest.raises(UnknownName, match="there are: none yet"):
        await nodes.remove("pacs")
    with pytest.raises(UnknownName):
        await nodes.change(PACS)


async def test_what_is_needed_stays(database: Database) -> None:
    async def in_use(name: str) -> str:
        return f"rule night sends to {name}"

    nodes = Nodes(database, Settings(), echo=_echo, in_use=in_use)
    await nodes.add(PACS)
    with pytest.raises(BadRequest, match="node pacs is needed: rule night"):
        await nodes.remove("pacs")


async def test_a_node_can_be_forgotten(nodes: Nodes) -> None:
    await nodes.add(PACS)
    await nodes.remove("pacs")
    assert nodes.list() == []


async def test_whoever_wants_to_know_is_told_of_changes(database: Database) -> None:
    told: list[str] = []
    nodes = Nodes(database, Settings(), echo=_echo, changed=told.append)
    await nodes.add(PACS)
    await nodes.change(PACS)
    assert told == ["pacs", "pacs"]


async def test_an_echo_goes_out_under_the_right_name(nodes: Nodes) -> None:
    await nodes.add(PACS)
    await nodes.add(FULL)
    assert (await nodes.echo("pacs")).diagnosis == "ARCA to PACS"
    assert (await nodes.echo("far")).diagnosis == "ME to FAR"


async def test_a_stranger_waits_until_admitted(nodes: Nodes) -> None:
    for _ in range(3):
        assert not (await nodes.admit(_caller())).accept
    await nodes.pending()
    assert not (await nodes.admit(_caller())).accept
    [stranger] = await nodes.pending()
    assert (stranger.calling_ae_title, stranger.host, stranger.calls) == ("CT", "10.0.0.7", 4)
    assert stranger.proposed == (("1.2.3", ("1.2",)),)
    node = await nodes.admit_pending("CT")
    assert (node.name, node.host, node.port) == ("ct", "10.0.0.7", 104)
    assert (await nodes.admit(_caller())).accept
    assert await nodes.pending() == []


async def test_a_known_title_from_elsewhere_is_no_new_stranger(nodes: Nodes) -> None:
    await nodes.add(PACS)
    assert not (await nodes.admit(_caller("PACS", "10.9.9.9"))).accept
    assert (await nodes.admit(_caller("PACS", "::ffff:127.0.0.1"))).accept
    assert await nodes.pending() == []


async def test_several_hosts_with_one_title(nodes: Nodes) -> None:
    await nodes.admit(_caller(host="10.0.0.7"))
    await nodes.admit(_caller(host="10.0.0.8"))
    with pytest.raises(BadRequest, match="several hosts"):
        await nodes.admit_pending("CT")
    assert (await nodes.admit_pending("CT", "10.0.0.8", "ct-8")).name == "ct-8"
    with pytest.raises(UnknownName, match="nobody"):
        await nodes.admit_pending("MR")


async def test_a_wrong_number_is_no_stranger(nodes: Nodes) -> None:
    await nodes.admit(replace(_caller(), called_ae_title="OTHER"))
    assert await nodes.pending() == []


async def test_strangers_are_bounded(nodes: Nodes) -> None:
    for number in range(1000):
        await nodes.admit(_caller(f"T{number}"))
    assert len(await nodes.pending()) == 200


async def test_the_last_reports_of_each_peer_are_kept(nodes: Nodes) -> None:
    for number in range(30):
        nodes.note_report(_report(number))
    nodes.note_report(_report(99, peer="::ffff:10.0.0.8", title="MR"))
    found = await nodes.reports()
    assert len(found) == 21
    assert found[0] == _report(99, peer="10.0.0.8", title="MR")
    assert [one.began for one in found[1:]] == [_report(n).began for n in range(29, 9, -1)]


async def test_reports_by_node_host_or_title(nodes: Nodes) -> None:
    await nodes.add(Node("ct", "CT", "10.0.0.7", 104))
    nodes.note_report(_report(1))
    nodes.note_report(_report(2, peer="10.0.0.8", title="MR"))
    assert await nodes.reports("ct") == [_report(1)]
    assert await nodes.reports("10.0.0.8") == [_report(2, "10.0.0.8", "MR")]
    assert await nodes.reports("MR") == [_report(2, "10.0.0.8", "MR")]
    assert await nodes.reports("nobody") == []


async def test_running_writes_it_down(
    database: Database, autojump_clock: trio.testing.MockClock
) -> None:
    nodes = _registry(database)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(nodes.run)
        nodes.note_report(_report(1))
        await trio.sleep(10)
        nodes.note_report(_report(2))
        nursery.cancel_scope.cancel()
    assert len(await _registry(database).reports()) == 2


async def test_addresses_of_hosts() -> None:
    assert await resolve("::ffff:10.0.0.1") == {"10.0.0.1"}
    assert "127.0.0.1" in await resolve("localhost")
    assert await resolve("no.such.host.invalid") == frozenset()
