"""Who may do what, and that it is written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from appliance.access.service import Access
from appliance.database.door import Database
from appliance.errors import BadRequest, NameTaken, UnknownName
from appliance.journal.service import Journal


class Watch:
    now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def journal(database: Database, watch: Watch) -> Journal:
    return Journal(database, now=watch)


@pytest.fixture
def access(database: Database, journal: Journal, watch: Watch) -> Access:
    return Access(database, journal, watch)


async def test_a_secret_identifies_its_token(access: Access, watch: Watch) -> None:
    assert await access.identify("arca_x") is None
    token, secret = await access.add("viewer", ["search"], 30)
    assert await access.identify(secret) == token
    assert await access.identify(secret + "x") is None
    watch.now += timedelta(days=30)
    assert await access.identify(secret) is None


async def test_a_removed_token_opens_nothing(access: Access) -> None:
    _, secret = await access.add("viewer", ["search"], None)
    assert await access.identify(secret) is not None
    await access.remove("viewer")
    assert await access.identify(secret) is None
    with pytest.raises(UnknownName):
        await access.remove("viewer")


async def test_a_name_is_given_once(access: Access) -> None:
    await access.add("viewer", ["search"], None)
    with pytest.raises(NameTaken):
        await access.add("viewer", ["search"], None)
    for days in (0, -1, 99_999):
        with pytest.raises(BadRequest):
            await access.add("other", ["search"], days)


async def test_no_secret_is_kept(access: Access, journal: Journal) -> None:
    token, secret = await access.add("viewer", ["search"], None)
    kept = [repr(await access.listed()), repr(await journal.latest())]
    assert not any(secret in text for text in kept)
    assert token.digest in kept[0]


async def test_uses_are_written_down_at_a_sane_rate(access: Access, journal: Journal) -> None:
    for _ in range(50):
        access.used("viewer", "retrieve", "1.2.3", "10.0.0.7")
    access.used("viewer", "retrieve", "1.2.4", "10.0.0.7")
    access.used("viewer", "search", "1.2.3", "10.0.0.7")
    events = await journal.latest(kind="access.used")
    assert [(one.subject, one.details["token"]) for one in events] == [
        ("1.2.3", "viewer"),
        ("1.2.4", "viewer"),
        ("1.2.3", "viewer"),
    ]


async def test_guessing_is_written_down(access: Access, journal: Journal) -> None:
    access.denied("10.0.0.9", 6)
    [event] = await journal.latest(kind="access.denied")
    assert (event.subject, event.severity.value) == ("10.0.0.9", "warning")
