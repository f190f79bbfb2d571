"""The tokens of programs that use DICOMweb."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.access.model import Token as Kept
from appliance.access.service import Access as Room
from web.dicomweb.services import Holder
from web.forms import TokenForm
from web.services.tokens import NewToken, Token


@dataclass(frozen=True)
class Tokens:
    """See `web.services.Tokens`."""

    access: Room

    async def listed(self) -> list[Token]:
        return [_token(one) for one in await self.access.listed()]

    async def add(self, form: TokenForm) -> NewToken:
        token, secret = await self.access.add(form.name, form.may, form.days)
        return NewToken(_token(token), secret)

    async def remove(self, name: str) -> None:
        await self.access.remove(name)


@dataclass(frozen=True)
class Access:
    """See `web.dicomweb.services.Access`."""

    access: Room

    async def identify(self, secret: str) -> Holder | None:
        token = await self.access.identify(secret)
        return Holder(token.name, _rights(token)) if token is not None else None

    def used(self, who: str, action: str, study: str, host: str) -> None:
        self.access.used(who, action, study, host)

    def denied(self, host: str, failures: int) -> None:
        self.access.denied(host, failures)


def _token(one: Kept) -> Token:
    return Token(one.name, tuple(sorted(_rights(one))), one.created, one.expires)


def _rights(one: Kept) -> frozenset[str]:
    return frozenset(right.value for right in one.rights)
