"""What is known of the worklist leaves as it is."""

from __future__ import annotations

from web.app import _Json
from web.services.worklist import Item, Taken


def test_an_item_leaves_field_by_field() -> None:
    one = Item(1, "SCHEDULED", "2026-11-30 09:30", "CT", ("CT1",), "P1", "Doe", "", "", "", "", "")
    told = _Json.default(one)
    assert (told["id"], told["start"], told["warnings"]) == (1, "2026-11-30 09:30", ())


def test_what_was_taken_leaves_field_by_field() -> None:
    told = _Json.default(Taken(1, 2, 3, 4, ("odd",)))
    assert list(told) == ["added", "changed", "unchanged", "removed", "problems"]
