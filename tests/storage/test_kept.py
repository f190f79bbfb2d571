"""What the lines about an object come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from storage.kept import Kept, apply, later
from storage.store import Action, Entry

DAY = datetime(2026, 1, 1, tzinfo=UTC)
PUT = Entry(2, DAY, Action.PUT, "a", retain_until=DAY)


def _line(action: Action, until: datetime | None = None) -> Entry:
    return Entry(3, DAY, action, "a", retain_until=until)


def test_a_put_begins_it() -> None:
    assert apply(None, PUT) == Kept(PUT, DAY)


def test_lines_about_what_is_not_there_change_nothing() -> None:
    for action in (Action.HOLD, Action.RELEASE, Action.EXTEND, Action.DELETE, Action.DAMAGE):
        assert apply(None, _line(action)) is None


def test_holds_extensions_and_damage_are_independent() -> None:
    kept = apply(None, PUT)
    for line in (
        _line(Action.HOLD),
        _line(Action.EXTEND, DAY + timedelta(days=1)),
        _line(Action.DAMAGE),
    ):
        kept = apply(kept, line)
    assert kept == Kept(PUT, DAY + timedelta(days=1), held=True, damaged=True)
    assert apply(kept, _line(Action.RELEASE)) == replace(kept, held=False)
    assert apply(kept, _line(Action.DELETE)) is None


def test_a_second_put_heals_and_keeps_what_is_in_force() -> None:
    kept = Kept(PUT, DAY + timedelta(days=9), held=True, damaged=True)
    again = replace(PUT, sequence=9, retain_until=None)
    assert apply(kept, again) == Kept(again, DAY + timedelta(days=9), held=True)


def test_an_entry_tells_the_retention_in_force() -> None:
    assert Kept(PUT, DAY).as_entry() is PUT
    assert Kept(PUT, None).as_entry().retain_until is None


def test_later() -> None:
    assert later(None, None) is None
    assert later(DAY, None) == later(None, DAY) == later(DAY, DAY - timedelta(1)) == DAY
