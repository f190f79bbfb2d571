"""What must be there according to the ledger."""

from __future__ import annotations

from datetime import UTC, datetime

from storage.inventory import Expected, Inventory
from storage.store import Action, Entry

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def test_lines_taken_in_order_leave_what_must_be_there() -> None:
    inventory = Inventory()
    for number in range(1, 1203):
        inventory.take(Entry(number, DAY, Action.PUT, f"s{number}", path=f"p{number}", size=number))
    inventory.take(Entry(1203, DAY, Action.DELETE, "s7"))
    inventory.take(Entry(1204, DAY, Action.HOLD, "s8"))
    inventory.take(Entry(1205, DAY, Action.PUT, "s9", path="elsewhere", size=9))
    files = list(inventory.files())
    assert len(files) == inventory.count() == 1201
    assert [file.sequence for file in files] == sorted(file.sequence for file in files)
    assert files[-1] == Expected("s9", "elsewhere", 9, 1205)
    assert inventory.expects("s1", "p1")
    assert not inventory.expects("s1", "p2")
    assert not inventory.expects("s7", "p7")
    assert not inventory.knows(Expected("s9", "p9", 9, 9))
    assert len(list(inventory.files(after=1200))) == 3
    inventory.close()
