"""Tokens, as the web sees them."""

from __future__ import annotations

from appliance.answers.tokens import Access, Tokens
from appliance.rooms import Rooms
from web.forms import TokenForm


async def test_who_holds_a_secret(rooms: Rooms) -> None:
    made = await Tokens(rooms.access).add(TokenForm("viewer", ("search",)))
    access = Access(rooms.access)
    holder = await access.identify(made.secret)
    assert holder is not None
    assert (holder.name, holder.rights) == ("viewer", frozenset({"search"}))
    assert await access.identify("arca_other") is None


async def test_what_is_done_is_written_down(rooms: Rooms) -> None:
    access = Access(rooms.access)
    access.used("viewer", "search", "1.2.3", "10.0.0.7")
    access.denied("10.0.0.9", 6)
    kinds = [one.kind for one in await rooms.journal.latest(kind="access.")]
    assert kinds == ["access.denied", "access.used"]
