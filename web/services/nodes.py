"""Remote systems: who they are, who else called, and how associations with them went."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from web.forms import NodeChanges, NodeForm


@dataclass(frozen=True, slots=True)
class Node:
    """A remote system that images go to or come from."""

    name: str
    ae_title: str
    host: str
    port: int
    calling_ae_title: str  # "": ours
    transfer_syntaxes: tuple[str, ...]  # empty: any
    max_associations: int
    bandwidth: int | None  # bytes per second; None: no limit
    window: str | None  # "22:00-06:00", local time; None: always
    paused: bool
    waiting: int = 0  # objects queued for it
    note: str = ""  # why it is parked or its circuit open, in words
    tls: bool = False
    services: tuple[str, ...] = ()  # it may use here; empty: all
    accepted_syntaxes: tuple[str, ...] = ()
    preferred_syntax: str = ""
    commitment: bool = False
    url: str = ""  # of its DICOMweb services
    has_token: bool = False  # the token itself is never shown
    max_incoming: int | None = None
    incoming_rate: int | None = None


@dataclass(frozen=True, slots=True)
class Echo:
    """The answer to a C-ECHO, or why none came."""

    ok: bool
    seconds: float
    diagnosis: str  # "" when ok


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried on the way to a node."""

    name: str
    ok: bool | None  # None: it proves nothing
    seconds: float
    words: str  # what was found, or what to change on which side


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who called and waits to be admitted."""

    calling_ae_title: str
    called_ae_title: str
    host: str
    calls: int
    first_call: datetime
    last_call: datetime
    asked_for: tuple[str, ...] = ()  # names of the services it proposed last
    transfer_syntaxes: tuple[str, ...] = ()  # names
    reason: str = ""  # why it was turned away; "" when it was not


@dataclass(frozen=True, slots=True)
class Association:
    """How one association went."""

    peer: str
    calling_ae_title: str
    called_ae_title: str
    direction: Literal["in", "out"]
    began: datetime
    seconds: float
    outcome: str
    objects: int
    bytes: int
    diagnosis: str  # "" when all went well


class Nodes(Protocol):
    """The registry of remote systems."""

    async def listed(self) -> list[Node]: ...

    async def add(self, form: NodeForm) -> Node: ...

    async def change(self, name: str, changes: NodeChanges) -> Node:
        """Change a node. Raises `UnknownName`, and `BadRequest` for what cannot be."""
        ...

    async def remove(self, name: str) -> None: ...

    async def echo(self, name: str) -> Echo:
        """Never raises for what the peer does: that is the diagnosis."""
        ...

    def examine(self, name: str) -> AsyncGenerator[Step, None]:
        """Try the way to a node; the first step that fails is the last. Raises `UnknownName`."""
        ...

    async def pending(self) -> list[Caller]: ...

    async def admit(
        self,
        ae_title: str,
        host: str | None,
        name: str | None,
        services: tuple[str, ...] = (),
    ) -> Caller:
        """Let a held caller in from now on, to these services or to all.

        `host` when several hosts use the title.
        """
        ...

    async def associations(self, peer: str | None) -> list[Association]:
        """The last ones kept, newest first; `peer` is a node's name, a host or an AE title."""
        ...
