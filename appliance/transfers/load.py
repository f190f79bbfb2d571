"""Looks up in the store what is to be sent, and packs it for associations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from appliance.network.settings import Outgoing
from appliance.transfers.model import Leased
from appliance.transfers.sender import Context
from storage.errors import Corrupt
from storage.store import Entry, Store

# Presentation context IDs are the odd numbers of one byte (PS3.8 §9.3.2.2).
MOST_CONTEXTS = 128


@dataclass(frozen=True, slots=True)
class Cargo:
    """A leased item with what is to be sent of it."""

    item: Leased
    entry: Entry
    outgoing: Outgoing


def look_up(store: Store, items: Sequence[Leased]) -> tuple[list[Cargo], list[Leased]]:
    """The cargo, and the items that the store does not have. Blocking."""
    cargo: list[Cargo] = []
    missing: list[Leased] = []
    for item in items:
        entry = store.entry(item.sha256)
        if entry is None:
            missing.append(item)
        else:
            cargo.append(Cargo(item, entry, _outgoing(store, entry)))
    return cargo, missing


def _outgoing(store: Store, entry: Entry) -> Outgoing:
    return Outgoing(
        sop_class_uid=entry.notes.get("sop_class", ""),
        sop_instance_uid=entry.name,
        transfer_syntax_uid=entry.notes.get("transfer_syntax", ""),
        length=entry.size - entry.header,
        chunks=partial(chunks_of, store, entry.sha256),
    )


def chunks_of(store: Store, sha256: str) -> Iterator[bytes]:
    """The data set as it is stored; `StoreError` in place of its last chunk when it is not."""
    try:
        reader = store.open(sha256)
        try:
            yield from reader.chunks(content_only=True)
        finally:
            reader.close()
    except OSError as error:
        raise Corrupt(f"{sha256} cannot be read: {error}") from error


def pack(
    cargo: Sequence[Cargo], wished: Callable[[Cargo], Sequence[Context]]
) -> tuple[list[Cargo], list[Context], list[Cargo]]:
    """What fits over one association with its contexts, and the rest."""
    contexts: dict[Context, None] = {}
    fits: list[Cargo] = []
    rest: list[Cargo] = []
    for one in cargo:
        fresh = [context for context in wished(one) if context not in contexts]
        if len(contexts) + len(fresh) <= MOST_CONTEXTS:
            contexts.update(dict.fromkeys(fresh))
            fits.append(one)
        else:
            rest.append(one)
    return fits, list(contexts), rest
