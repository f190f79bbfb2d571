"""What is known of a promise leaves as it is."""

from __future__ import annotations

from datetime import UTC, datetime

from web.app import _Json
from web.services.commitment import Transaction


def test_a_transaction_leaves_field_by_field() -> None:
    began = datetime(2026, 3, 1, tzinfo=UTC)
    one = Transaction("2.25.1", "out", "PACS", "to be asked", 3, 0, began, None, None, "refused")
    told = _Json.default(one)
    assert (told["direction"], told["instances"], told["closed"]) == ("out", 3, None)
