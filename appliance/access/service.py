"""Knows the tokens, and writes down what was done with them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import timedelta

import trio

from appliance import clock
from appliance.access import records
from appliance.access.model import (
    MOST_DAYS,
    Token,
    checked_name,
    digest_of,
    new_secret,
    rights_of,
)
from appliance.database.door import Database
from appliance.errors import BadRequest, UnknownName
from appliance.journal.model import Severity
from appliance.journal.service import Journal

_MOST_TOKENS = 1000
# A viewer asks for a study some thousand times; one line in so many seconds tells as much.
_QUIET_SECONDS = 600.0
_MOST_REMEMBERED = 10_000


class Access:
    """Who may do what over the web."""

    def __init__(self, database: Database, journal: Journal, now: clock.Clock = clock.now) -> None:
        self._database, self._journal, self._now = database, journal, now
        self._known: dict[str, Token] | None = None  # by digest; None: to be read
        self._changes = 0
        self._reading = trio.Lock()
        self._noted: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    async def add(self, name: str, rights: Iterable[str], days: int | None) -> tuple[Token, str]:
        """A new token and its secret, which nobody can learn again.

        Raises `BadRequest` and `NameTaken`.
        """
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise BadRequest(f"days = {days} must be between 1 and {MOST_DAYS}")
        if len(await self.listed()) >= _MOST_TOKENS:
            raise BadRequest(f"there are {_MOST_TOKENS} tokens already; remove some")
        now, secret = self._now(), new_secret()
        expires = now + timedelta(days=days) if days else None
        token = Token(checked_name(name), rights_of(rights), now, expires, digest_of(secret))
        await self._database.run(records.add, token)
        self._changed()
        self._journal.note("access.token", f"The token {name} was made", subject=name)
        return token, secret

    async def listed(self) -> list[Token]:
        return await self._database.read(records.tokens)

    async def remove(self, name: str) -> None:
        """It opens nothing from now on. Raises `UnknownName`."""
        if not await self._database.run(records.remove, name):
            raise UnknownName(f"there is no token {name}; `arca token list` shows them")
        self._changed()
        self._journal.note("access.token", f"The token {name} was removed", subject=name)

    async def identify(self, secret: str) -> Token | None:
        """Whose secret it is; None for a wrong one and after its end."""
        token = (await self._tokens()).get(digest_of(secret))
        return token if token is not None and token.valid(self._now()) else None

    def used(self, who: str, action: str, study: str, host: str) -> None:
        """Write down who did what to which study; the same again only after ten minutes."""
        key, now = (who, action, study), clock.monotonic()
        last = self._noted.pop(key, None)
        self._noted[key] = now if last is None or now - last >= _QUIET_SECONDS else last
        if self._noted[key] != now:
            return
        if len(self._noted) > _MOST_REMEMBERED:
            self._noted.popitem(last=False)
        text = f"{who} used DICOMweb: {action}"
        self._journal.note("access.used", text, subject=study, details={"token": who, "host": host})

    def denied(self, host: str, failures: int) -> None:
        """An address is locked out for a while after so many wrong tokens."""
        self._journal.note(
            "access.denied",
            f"{host} gave {failures} wrong tokens and must wait",
            severity=Severity.WARNING,
            subject=host,
        )

    async def _tokens(self) -> dict[str, Token]:
        async with self._reading:
            while self._known is None:
                changes = self._changes
                known = {token.digest: token for token in await self.listed()}
                if changes == self._changes:  # nobody was removed meanwhile
                    self._known = known
            return self._known

    def _changed(self) -> None:
        self._changes += 1
        self._known = None
