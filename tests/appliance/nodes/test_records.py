"""What the tables of the registry keep, and what they let go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from appliance.database.door import Database
from appliance.network.services import AssociationReport
from appliance.nodes import records
from appliance.nodes.model import Node, Stranger
from appliance.nodes.window import Window

NOW = datetime(2024, 1, 15, 12, tzinfo=UTC)


def _stranger(number: int, calls: int = 1) -> Stranger:
    at = NOW + timedelta(seconds=number)
    return Stranger(f"T{number}", "ARCA", "10.0.0.7", at, at, calls)


async def test_a_node_comes_back_as_it_was(database: Database) -> None:
    node = Node("a", "A", "h", 104, window=Window.parse("1:00-2:00"), bandwidth=5_000_000_000)
    await database.run(records.keep, node)
    assert await database.read(records.nodes) == [node]
    options = {"tls": True, "services": ("find", "move"), "url": "https://x", "token": "t"}
    node = replace(node, **options, commitment=True, accepted_syntaxes=("1.2",))  # type: ignore[arg-type]
    node = replace(node, max_incoming=3, incoming_rate=1 << 20)
    await database.run(records.keep, node)
    assert await database.read(records.nodes) == [node]
    await database.run(records.remove, "a")
    assert await database.read(records.nodes) == []


async def test_calls_of_a_stranger_add_up(database: Database) -> None:
    await database.run(records.note, [_stranger(1, 2)], [])
    await database.run(records.note, [_stranger(1, 3)], [])
    [found] = await database.read(records.strangers)
    assert found.calls == 5


async def test_the_oldest_strangers_are_let_go(database: Database) -> None:
    await database.run(records.note, [_stranger(n) for n in range(250)], [])
    found = await database.read(records.strangers)
    assert [one.calling_ae_title for one in found] == [f"T{n}" for n in range(249, 49, -1)]


async def test_a_registered_stranger_is_none_any_more(database: Database) -> None:
    await database.run(records.note, [_stranger(1)], [])
    await database.run(records.keep, Node("t", "T1", "10.0.0.7", 104))
    assert await database.read(records.strangers) == []


async def test_names_from_the_wire_are_cut_to_fit(database: Database) -> None:
    long = AssociationReport("h" * 300, "A" * 40, "B" * 40, "in", NOW, 1.0, "not_dicom")
    await database.run(records.note, [Stranger("A" * 40, "", "h" * 300, NOW, NOW)], [long] * 30)
    found = await database.read(records.reports, [], [], 100)
    assert len(found) == records.REPORTS_OF_A_PEER
    assert found[0].calling_ae_title == "A" * 16


async def test_what_a_stranger_wanted_is_kept(database: Database) -> None:
    wanted = replace(_stranger(1), proposed=(("1.2.3", ("1.2", "1.3")),), reason="not known")
    await database.run(records.note, [wanted], [])
    assert await database.read(records.strangers) == [wanted]


async def test_strangers_of_old_rows_are_read(database: Database) -> None:
    await database.run(records.note, [_stranger(1)], [])
    await database.run(_as_of_old)
    [found] = await database.read(records.strangers)
    assert (found.proposed, found.reason) == ((("1.2.3", ()),), "")


async def _as_of_old() -> None:
    await records.StrangerRow.all().update(proposed=["1.2.3"])
