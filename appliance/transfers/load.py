"""Looks up in the store what is to be sent, and packs it for associations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from appliance.transfers.model import Leased
from appliance.transfers.sender import Context, Parcel
from storage.errors import Corrupt
from storage.store import Entry, Store

# Presentation context IDs are the odd numbers of one byte (PS3.8 §9.3.2.2).
MOST_CONTEXTS = 128
# Smaller steps where a line is throttled: a large one would hold up everything behind it.
_CHUNK, _SLOW_CHUNK = 1 << 20, 1 << 14


@dataclass(frozen=True, slots=True)
class Cargo:
    """A leased item with what is to be sent of it."""

    item: Leased
    entry: Entry
    parcel: Parcel


def look_up(
    store: Store, items: Sequence[Leased], slow_down: Callable[[int], None] | None
) -> tuple[list[Cargo], list[Leased]]:
    """The cargo, and the items that the store does not have. Blocking."""
    cargo: list[Cargo] = []
    missing: list[Leased] = []
    for item in items:
        entry = store.entry(item.sha256)
        if entry is None:
            missing.append(item)
        else:
            cargo.append(Cargo(item, entry, _parcel(store, entry, slow_down)))
    return cargo, missing


def _parcel(store: Store, entry: Entry, slow_down: Callable[[int], None] | None) -> Parcel:
    return Parcel(
        sop_class_uid=entry.notes.get("sop_class", ""),
        sop_instance_uid=entry.name,
        transfer_syntax_uid=entry.notes.get("transfer_syntax", ""),
        length=entry.size - entry.header,
        chunks=partial(_chunks, store, entry.sha256, slow_down),
    )


def _chunks(store: Store, sha256: str, slow_down: Callable[[int], None] | None) -> Iterator[bytes]:
    """The data set, checked by the store; `slow_down` waits before each chunk goes."""
    try:
        reader = store.open(sha256)
        try:
            for chunk in reader.chunks(_SLOW_CHUNK if slow_down else _CHUNK, content_only=True):
                if slow_down is not None:
                    slow_down(len(chunk))
                yield chunk
        finally:
            reader.close()
    except OSError as error:
        raise Corrupt(f"{sha256} cannot be read: {error}") from error


def pack(cargo: Sequence[Cargo]) -> tuple[list[Cargo], list[Context], list[Cargo]]:
    """What fits over one association with its contexts, and the rest."""
    contexts: dict[Context, None] = {}
    fits: list[Cargo] = []
    rest: list[Cargo] = []
    for one in cargo:
        context = one.parcel.context
        if context in contexts or len(contexts) < MOST_CONTEXTS:
            contexts[context] = None
            fits.append(one)
        else:
            rest.append(one)
    return fits, list(contexts), rest
