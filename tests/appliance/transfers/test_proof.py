from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from appliance.database.door import Database
from appliance.database.schema import transaction
from appliance.transfers import leases, proof
from appliance.transfers.model import Finished, Proof, Stage, State
from appliance.transfers.records import ItemRow, TransferRow
from tests.appliance.transfers.tables import LATER, NOW, add, lease, numbers, order, queue, sent


async def _within(work: Callable[[], Awaitable[None]]) -> None:
    async with transaction():
        await work()


async def test_who_listens_is_told_in_the_same_transaction(database: Database) -> None:
    told: list[Finished] = []

    async def note(finished: Sequence[Finished]) -> None:
        told.extend(finished)
        assert await TransferRow.filter(stage=Stage.DONE).count() == 1

    await database.run(add, order(1, 2))
    items = await lease(database)
    assert not await database.run(leases.record, sent(items[:1]), note)
    assert await database.run(leases.record, sent(items[1:]), note)
    assert told == [Finished(items[0].transfer, "1.2", "pacs")]


async def test_verified_and_refused(database: Database) -> None:
    await database.run(add, order(1, 2, 3))
    items = await lease(database)
    await database.run(leases.record, sent(items))
    transfer, ids = items[0].transfer, [one.id for one in items]
    assert [one for one, _ in await database.read(proof.unproven, transfer, 2)] == ids[:2]

    async def work() -> None:
        await proof.asked(transfer, ids)
        await proof.verified(transfer, ids[:1])
        await proof.verified(transfer, ids[:1])  # counts once
        assert await proof.refused(transfer, {ids[1]: 0x0110}, lambda times: LATER) == (1, 0)
        assert await proof.refused(transfer, {ids[2]: 0x0122}, lambda times: None) == (0, 1)
        rows = {row.id: row for row in await ItemRow.all()}
        assert [rows[id_].proof for id_ in ids] == [Proof.VERIFIED, Proof.NONE, Proof.REFUSED]
        assert "SOP class not supported" in rows[ids[2]].error

    await database.run(_within, work)
    [known] = await queue(database)
    assert (known.state, known.sent, known.verified) == (State.BACKING_OFF, 2, 1)
    assert await lease(database, now=NOW) == []
    again = await lease(database, now=LATER)
    assert numbers(again) == [2]
    await database.run(leases.record, sent(again))
    assert [one for one, _ in await database.read(proof.unproven, transfer, 5)] == [ids[1]]


async def test_what_nobody_confirms(database: Database) -> None:
    await database.run(add, order(1))
    [item] = await lease(database)
    await database.run(leases.record, sent([item]))

    async def work() -> None:
        await proof.asked(item.transfer, [item.id])
        await proof.unconfirmed(item.transfer, [item.id])
        assert (await ItemRow.get(id=item.id)).proof == Proof.UNCONFIRMED

    await database.run(_within, work)
    assert (await queue(database))[0].verified == 0
