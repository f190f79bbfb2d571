"""The table of tokens, and its units of work."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from appliance.access.model import Right, Token
from appliance.database.schema import transaction
from appliance.errors import NameTaken


class TokenRow(Model):
    """A service token. Only the digest of its secret is kept."""

    name = fields.CharField(max_length=63, primary_key=True)
    digest = fields.CharField(max_length=64, unique=True)
    rights = fields.CharField(max_length=64)  # words with commas between
    created = fields.DatetimeField()
    expires = fields.DatetimeField(null=True)

    class Meta:
        table = "access_token"


async def tokens() -> list[Token]:
    """All of them by name."""
    return [_token(row) for row in await TokenRow.all().order_by("name")]


async def add(token: Token) -> None:
    """Raises `NameTaken`."""
    async with transaction():
        if await TokenRow.filter(name=token.name).exists():
            raise NameTaken(f"there is a token {token.name} already; remove it first")
        await TokenRow.create(
            name=token.name,
            digest=token.digest,
            rights=",".join(sorted(right.value for right in token.rights)),
            created=token.created,
            expires=token.expires,
        )


async def remove(name: str) -> bool:
    """Whether there was one."""
    async with transaction():
        return bool(await TokenRow.filter(name=name).delete())


def _token(row: TokenRow) -> Token:
    rights = frozenset(Right(word) for word in row.rights.split(","))
    return Token(row.name, rights, row.created, row.expires, row.digest)
