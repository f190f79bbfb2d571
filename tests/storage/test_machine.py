"""A volume and the store of tests are told the same things at random, crashes included."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from storage.errors import Immutable, Missing
from storage.memory import MemoryStore
from storage.scrub import verify
from storage.store import Entry, Store
from tests.storage.units import SETTINGS, Wall, content_of, new_unit, put, reopen

UNSYNCED = replace(SETTINGS, sync=False)
NAMES = st.sampled_from(["1", "2", "3"])
CONTENTS = st.sampled_from([b"a", b"b", b"ccc"])
HEADERS = st.sampled_from([b"H", b"HH"])


class StoreMachine(RuleBasedStateMachine):
    """The model is `MemoryStore`."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.folder = new_unit(self.root / "unit")
        self.copies = 0
        self.wall = Wall()
        self.real = reopen(self.folder, self.wall, settings=UNSYNCED)
        self.model = MemoryStore(self.wall)

    def _both(self, ask: Any) -> None:
        answers = [self._answer(ask, store) for store in (self.real, self.model)]
        assert answers[0] == answers[1]

    def _answer(self, ask: Any, store: Store) -> Any:
        try:
            return ask(store)
        except (Missing, Immutable) as error:
            return type(error)

    @rule(name=NAMES, content=CONTENTS, header=HEADERS, days=st.sampled_from([None, -1, 0, 5]))
    def put(self, name: str, content: bytes, header: bytes, days: int | None) -> None:
        until = None if days is None else self.wall.now + timedelta(days=days)

        def ask(store: Store) -> Any:
            receipt = put(store, name, content, header=header, retain_until=until)
            return receipt.outcome, _seen(receipt.entry), [_seen(one) for one in receipt.others]

        self._both(ask)

    @precondition(lambda self: self.model._bytes)
    @rule(
        pick=st.integers(0, 100),
        what=st.sampled_from(["hold", "release", "delete"]),
    )
    def change(self, pick: int, what: str) -> None:
        known = sorted(self.model._bytes)
        sha256 = known[pick % len(known)]
        self._both(lambda store: _seen(getattr(store, what)(sha256, "me", "why")))

    @precondition(lambda self: self.model._bytes)
    @rule(pick=st.integers(0, 100), days=st.integers(-1, 9))
    def extend(self, pick: int, days: int) -> None:
        known = sorted(self.model._bytes)
        until = self.wall.now + timedelta(days=days)
        self._both(lambda store: _seen(store.extend(known[pick % len(known)], until, "me")))

    @rule()
    def reopen(self) -> None:
        self.real.close()
        self.real = reopen(self.folder, self.wall, settings=UNSYNCED)

    @rule(rebuild=st.booleans())
    def crash(self, rebuild: bool) -> None:
        """What lies on the medium goes on elsewhere; the old process never closes in order."""
        self.copies += 1
        copy = Path(shutil.copytree(self.folder, self.root / f"copy{self.copies}"))
        self.real.close()
        self.folder = copy
        if rebuild:
            for file in copy.glob("catalogue.sqlite*"):
                file.unlink()
        self.real = reopen(copy, self.wall, settings=UNSYNCED)

    @invariant()
    def both_say_the_same(self) -> None:
        assert self.real.last() == self.model.last()
        lines = [_seen(line) for line in self.real.follow(0)]
        assert lines == [_seen(line) for line in self.model.follow(0)]
        for name in ("1", "2", "3"):
            self._both(lambda store, name=name: [_seen(one) for one in store.find(name)])
        for sha256 in self.model._bytes:
            self._both(lambda store, sha256=sha256: _seen(store.entry(sha256)))

    def teardown(self) -> None:
        for sha256 in self.model._bytes:
            assert content_of(self.real, sha256) == content_of(self.model, sha256)
        assert verify(self.real).is_well
        self.real.close()
        shutil.rmtree(self.root)


def _seen(entry: Entry | None) -> Any:
    """A line without what differs by kind of store."""
    if entry is None:
        return None
    notes = {} if entry.action.value == "open" else dict(entry.notes)
    return (
        entry.sequence, entry.action, entry.sha256, entry.content, entry.name, entry.group,
        entry.size, entry.header, entry.retain_until, entry.actor, notes,
    )  # fmt: skip


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
