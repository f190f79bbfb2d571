"""Service tokens: what stands for a program that asks on behalf of people."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from hashlib import sha256

from appliance.errors import BadRequest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}")
# 256 bits of chance: nobody guesses it, so a plain digest of it may be kept.
_SECRET_BYTES = 32
_LONGEST_SECRET = 256
MOST_DAYS = 3660


class Right(Enum):
    """What a token may be used for."""

    SEARCH = "search"
    RETRIEVE = "retrieve"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: never the secret itself."""

    name: str
    rights: frozenset[Right]
    created: datetime
    expires: datetime | None = None  # None: never
    digest: str = ""  # SHA-256 of the secret, hexadecimal

    def valid(self, now: datetime) -> bool:
        return self.expires is None or now < self.expires


def new_secret() -> str:
    """A secret for a new token, to be shown once."""
    return f"arca_{secrets.token_urlsafe(_SECRET_BYTES)}"


def digest_of(secret: str) -> str:
    """What is kept of a secret, and looked up: how long that takes tells nothing about it."""
    return sha256(secret[:_LONGEST_SECRET].encode("utf-8", "replace")).hexdigest()


def checked_name(name: str) -> str:
    """Raises `BadRequest`."""
    if not _NAME.fullmatch(name):
        raise BadRequest(
            f"name = {name!r} must be 1 to 63 letters, digits, blanks, dots, hyphens"
            " or underscores, and begin with a letter or digit"
        )
    return name


def rights_of(words: Iterable[str]) -> frozenset[Right]:
    """Raises `BadRequest` for an unknown right, or none."""
    known = {one.value: one for one in Right}
    given = [word.strip() for word in words]
    if wrong := [word for word in given if word not in known]:
        raise BadRequest(f"{wrong[0]!r} is no right; known: {', '.join(known)}")
    if not given:
        raise BadRequest(f"a token needs at least one right: {', '.join(known)}")
    return frozenset(known[word] for word in given)
