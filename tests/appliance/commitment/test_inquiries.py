from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from appliance.commitment import inquiries
from appliance.commitment.inquiries import Settled
from appliance.commitment.model import Reference, Report
from appliance.database.door import Database
from appliance.transfers import leases, proof
from appliance.transfers.model import State
from tests.appliance.commitment.house import CT
from tests.appliance.transfers.tables import LATER, NOW, add, lease, order, queue, sent


async def _note(finished: Sequence[object]) -> None:
    await inquiries.open_for(finished, NOW)  # type: ignore[arg-type]


async def _asked(database: Database) -> tuple[int, list[Reference]]:
    """A transfer of two objects that was sent; the inquiry about it."""
    await database.run(add, order(1, 2))
    assert await database.run(leases.record, sent(await lease(database)), _note)
    [(number, transfer)] = await database.read(inquiries.fresh, 5)
    items = await database.read(proof.unproven, transfer, 5)
    names = [Reference(CT, f"1.{int(sha)}") for _, sha in items]
    listed = [(item, name) for (item, _), name in zip(items, names, strict=True)]
    await database.run(inquiries.begin, number, "2.25.1", listed, more=False)
    return number, names


async def test_from_the_end_of_a_transfer_to_the_promise(database: Database) -> None:
    number, names = await _asked(database)
    assert await database.read(inquiries.fresh, 5) == []
    assert await database.read(inquiries.to_ask, NOW, 5) == [(number, "pacs")]
    await database.run(inquiries.was_asked, number)
    assert not await database.read(inquiries.is_asking, number)
    settled = await database.run(inquiries.settle, Report("2.25.1", tuple(names)), NOW)
    assert settled == Settled("pacs", "1.2", 2, {}, 0, 0)
    assert await database.run(inquiries.settle, Report("2.25.1", tuple(names)), NOW) is True
    assert await database.run(inquiries.settle, Report("2.25.2"), NOW) is None
    [transfer] = await queue(database)
    assert (transfer.state, transfer.verified) == (State.DONE, 2)
    [shown] = await database.read(inquiries.recent, 5)
    assert (shown.state, shown.failed, shown.instances) == ("answered", 0, 2)
    await database.run(inquiries.forget_old, NOW + timedelta(days=31))
    assert await database.read(inquiries.recent, 5) == []


async def test_what_is_not_kept_goes_again(database: Database) -> None:
    _, names = await _asked(database)
    report = Report("2.25.1", (names[0],), ((names[1], 0x0110),))
    settled = await database.run(inquiries.settle, report, NOW)
    assert settled == Settled("pacs", "1.2", 2, {"1.2": 0x0110}, 1, 0)
    assert await lease(database) == []
    assert [int(one.sha256) for one in await lease(database, now=LATER)] == [2]


async def test_silence_ends(database: Database) -> None:
    number, names = await _asked(database)
    inquiry = await database.read(inquiries.load, number)
    assert inquiry is not None
    await database.run(inquiries.not_asked, inquiry, "refused", LATER)
    assert await database.read(inquiries.to_ask, NOW, 5) == []
    await database.run(inquiries.hurry, "pacs", NOW)
    assert await database.read(inquiries.to_ask, NOW, 5) == [(number, "pacs")]
    assert await database.run(inquiries.give_up, NOW, LATER) == []
    [closed] = await database.run(inquiries.give_up, LATER, LATER)
    assert closed.id == number
    [shown] = await database.read(inquiries.recent, 5)
    assert (shown.state, shown.last_error) == ("not confirmed", "refused")
    # Better late than never.
    assert await database.run(inquiries.settle, Report("2.25.1", tuple(names)), LATER)
    assert (await queue(database))[0].verified == 2


async def test_a_long_transfer_is_asked_about_in_parts(database: Database) -> None:
    await database.run(add, order(1, 2, 3))
    await database.run(leases.record, sent(await lease(database)), _note)
    [(first, transfer)] = await database.read(inquiries.fresh, 5)
    (one, _), (other, _), (gone, _) = await database.read(proof.unproven, transfer, 5)
    names = [Reference(CT, "1.1"), Reference(CT, "1.2")]
    await database.run(inquiries.begin, first, "2.25.1", [(one, names[0])], more=True)
    [(second, _)] = await database.read(inquiries.fresh, 5)
    await database.run(inquiries.begin, second, "2.25.2", [(other, names[1])], [gone], more=True)
    [(third, _)] = await database.read(inquiries.fresh, 5)
    assert await database.read(proof.unproven, transfer, 5) == []
    await database.run(inquiries.begin, third, "2.25.3", [], more=False)
    assert await database.read(inquiries.fresh, 5) == []
    assert [one for one, _ in await database.read(inquiries.to_ask, NOW, 5)] == [first, second]
    await database.run(inquiries.settle, Report("2.25.1", (names[0],)), NOW)
    await database.run(inquiries.settle, Report("2.25.2", (names[1],)), NOW)
    assert (await queue(database))[0].verified == 2
