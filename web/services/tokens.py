"""Who may use DICOMweb."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from web.forms import TokenForm


@dataclass(frozen=True, slots=True)
class Token:
    """A token, without its secret."""

    name: str
    rights: tuple[str, ...]
    created: datetime
    expires: datetime | None  # None: never


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made, with what nobody can learn again."""

    token: Token
    secret: str


class Tokens(Protocol):
    """The tokens of programs."""

    async def listed(self) -> list[Token]: ...

    async def add(self, form: TokenForm) -> NewToken: ...

    async def remove(self, name: str) -> None: ...
