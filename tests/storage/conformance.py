"""What every store must do: one suite, run against each kind."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from blake3 import blake3

from storage.errors import Corrupt, Immutable, Missing, StoreError
from storage.store import Action, Outcome, Receipt, Store
from tests.storage.units import HEADER, Wall, content_of, put


class Conformance:
    """Subclasses give the fixtures `store`, `wall` and `spoil`."""

    def spoil(self, store: Store, sha256: str) -> None:
        """Change a byte of an object behind the store's back."""
        raise NotImplementedError

    def test_what_went_in_comes_out(self, store: Store) -> None:
        receipt = put(store, "1.2", b"pixels")
        entry = receipt.entry
        whole = HEADER + b"pixels"
        assert receipt.outcome is Outcome.STORED
        assert entry.sha256 == hashlib.sha256(whole).hexdigest()
        assert entry.content == blake3(b"pixels").hexdigest()
        assert (entry.size, entry.header) == (len(whole), len(HEADER))
        assert (entry.name, entry.group, entry.notes) == ("1.2", "study", {"source": "TEST"})
        reader = store.open(entry.sha256)
        assert b"".join(reader.chunks()) == whole
        assert reader.entry == entry
        reader.close()

    def test_pieces_of_any_kind_make_one_object(self, store: Store) -> None:
        incoming = store.receive(HEADER)
        incoming.write([b"one", bytearray(b"two"), memoryview(b"three")])
        incoming.write([])
        incoming.write([b"four"])
        receipt = incoming.commit("1", "s", {})
        assert content_of(store, receipt.entry.sha256) == b"onetwothreefour"

    def test_a_buffer_may_be_used_again(self, store: Store) -> None:
        buffer = bytearray(b"A" * 300_000)
        incoming = store.receive(HEADER)
        incoming.write([memoryview(buffer)])
        buffer[:] = b"B" * 300_000
        incoming.write([memoryview(buffer)])
        receipt = incoming.commit("1", "s", {})
        assert content_of(store, receipt.entry.sha256) == b"A" * 300_000 + b"B" * 300_000

    def test_many_small_pieces_are_no_trouble(self, store: Store) -> None:
        incoming = store.receive(HEADER)
        incoming.write([b"x"] * 3000)
        incoming.write([b"y" * 40_000] * 1500)
        receipt = incoming.commit("1", "s", {})
        assert receipt.entry.size == len(HEADER) + 3000 + 40_000 * 1500

    def test_nothing_at_all_is_an_object_too(self, store: Store) -> None:
        receipt = store.receive(HEADER).commit("1", "s", {})
        assert receipt.entry.size == len(HEADER)
        assert content_of(store, receipt.entry.sha256) == b""

    def test_the_first_line_opens_the_unit(self, store: Store) -> None:
        (first,) = store.follow(0)
        assert (first.sequence, first.action) == (1, Action.OPEN)
        assert store.last() == 1

    def test_lines_follow_each_other_without_a_gap(self, store: Store) -> None:
        receipts = [put(store, str(number), b"%d" % number) for number in range(30)]
        assert [line.sequence for line in store.follow(0)] == list(range(1, 32))
        assert store.follow(1) == [receipt.entry for receipt in receipts]
        assert store.follow(10, limit=3) == [receipt.entry for receipt in receipts[9:12]]
        assert store.follow(store.last()) == []
        assert store.follow(store.last() + 5) == []

    def test_the_same_again_is_a_duplicate_whoever_sent_it(self, store: Store) -> None:
        first = put(store, "1", b"same")
        again = put(store, "1", b"same", header=b"another header")
        assert again.outcome is Outcome.DUPLICATE
        assert again.entry == first.entry
        assert store.last() == first.entry.sequence

    def test_other_content_under_a_name_is_a_conflict(self, store: Store) -> None:
        first = put(store, "1", b"one")
        second = put(store, "1", b"two")
        third = put(store, "1", b"three")
        assert (second.outcome, second.others) == (Outcome.CONFLICT, (first.entry,))
        assert (third.outcome, third.others) == (Outcome.CONFLICT, (first.entry, second.entry))
        assert store.find("1") == (first.entry, second.entry, third.entry)
        assert put(store, "1", b"two").outcome is Outcome.DUPLICATE

    def test_one_file_may_have_two_names(self, store: Store) -> None:
        first = put(store, "1", b"same")
        second = put(store, "2", b"same")
        assert second.outcome is Outcome.STORED
        assert second.entry.path == first.entry.path
        assert [entry.name for entry in (*store.find("1"), *store.find("2"))] == ["1", "2"]

    def test_the_same_at_one_instant_is_kept_once(self, store: Store) -> None:
        for number in range(5):
            receipts = _at_once(store, str(number), [b"same %d" % number] * 8)
            outcomes = [receipt.outcome for receipt in receipts]
            assert outcomes.count(Outcome.STORED) == 1
            assert outcomes.count(Outcome.DUPLICATE) == 7
            assert len({receipt.entry.sequence for receipt in receipts}) == 1

    def test_conflicts_at_one_instant_are_all_kept(self, store: Store) -> None:
        contents = [b"content %d" % number for number in range(8)]
        receipts = _at_once(store, "1", contents)
        assert {content_of(store, one.sha256) for one in store.find("1")} == set(contents)
        assert sorted(len(receipt.others) for receipt in receipts) == list(range(8))

    def test_what_is_discarded_was_never_there(self, store: Store) -> None:
        incoming = store.receive(HEADER)
        incoming.write([b"half"])
        incoming.discard()
        incoming.discard()
        with pytest.raises(StoreError):
            incoming.commit("1", "s", {})
        assert store.last() == 1

    def test_discarding_after_a_commit_does_no_harm(self, store: Store) -> None:
        incoming = store.receive(HEADER)
        incoming.write([b"whole"])
        receipt = incoming.commit("1", "s", {})
        incoming.discard()
        assert content_of(store, receipt.entry.sha256) == b"whole"
        with pytest.raises(StoreError):
            incoming.write([b"more"])

    @pytest.mark.parametrize("sha256", ["", "0" * 64, "../../etc/passwd", "Z" * 64])
    def test_what_is_not_here_is_missing(self, store: Store, sha256: str) -> None:
        assert store.entry(sha256) is None
        for ask in (store.open, lambda one: store.hold(one, "me", "why")):
            with pytest.raises(Missing):
                ask(sha256)
        assert store.find("1") == ()

    def test_a_part_is_read_without_the_rest(self, store: Store) -> None:
        receipt = put(store, "1", b"0123456789")
        reader = store.open(receipt.entry.sha256)
        assert reader.range(len(HEADER) + 3, 4) == b"3456"
        assert reader.range(receipt.entry.size - 1, 100) == b"9"
        reader.close()

    @pytest.mark.parametrize("size", [1, 5, 12, 13, 1 << 20])
    def test_chunks_of_any_size_are_the_same_bytes(self, store: Store, size: int) -> None:
        receipt = put(store, "1", b"0123456789" * 3)
        reader = store.open(receipt.entry.sha256)
        assert b"".join(reader.chunks(size)) == HEADER + b"0123456789" * 3
        assert b"".join(reader.chunks(size, content_only=True)) == b"0123456789" * 3
        reader.close()

    def test_spoiled_bytes_never_leave_whole(self, store: Store) -> None:
        receipt = put(store, "1", b"0123456789" * 10)
        self.spoil(store, receipt.entry.sha256)
        reader = store.open(receipt.entry.sha256)
        seen: list[bytes] = []
        with pytest.raises(Corrupt):
            seen.extend(reader.chunks(7))
        assert sum(map(len, seen)) < receipt.entry.size
        reader.close()

    def test_a_retention_is_lengthened_never_shortened(self, store: Store, wall: Wall) -> None:
        until = wall.now + timedelta(days=10)
        receipt = put(store, "1", b"x", retain_until=until)
        sha256 = receipt.entry.sha256
        assert receipt.entry.retain_until == until
        later = until + timedelta(days=1)
        assert store.extend(sha256, later, "me").retain_until == later
        with pytest.raises(Immutable):
            store.extend(sha256, until, "me")
        entry = store.entry(sha256)
        assert entry is not None
        assert entry.retain_until == later

    def test_a_duplicate_can_lengthen_a_retention(self, store: Store, wall: Wall) -> None:
        until = wall.now + timedelta(days=10)
        first = put(store, "1", b"x")
        again = put(store, "1", b"x", retain_until=until)
        assert (again.outcome, again.entry.retain_until) == (Outcome.DUPLICATE, until)
        entry = store.entry(first.entry.sha256)
        assert entry is not None
        assert entry.retain_until == until
        assert store.follow(2)[0].action is Action.EXTEND

    def test_nothing_goes_before_its_time(self, store: Store, wall: Wall) -> None:
        receipt = put(store, "1", b"x", retain_until=wall.now + timedelta(days=10))
        with pytest.raises(Immutable, match="kept until"):
            store.delete(receipt.entry.sha256, "me", "space")
        assert content_of(store, receipt.entry.sha256) == b"x"

    def test_nothing_goes_under_a_legal_hold(self, store: Store) -> None:
        sha256 = put(store, "1", b"x").entry.sha256
        store.hold(sha256, "court", "case 7")
        with pytest.raises(Immutable, match="legal hold"):
            store.delete(sha256, "me", "space")
        store.release(sha256, "court", "closed")
        line = store.delete(sha256, "me", "space")
        assert (line.action, line.name, line.actor) == (Action.DELETE, "1", "me")
        assert line.notes == {"reason": "space"}

    def test_what_was_let_go_is_gone_and_may_come_again(self, store: Store) -> None:
        sha256 = put(store, "1", b"x").entry.sha256
        store.delete(sha256, "me", "old")
        assert store.find("1") == ()
        assert store.entry(sha256) is None
        with pytest.raises(Missing):
            store.open(sha256)
        with pytest.raises(Missing):
            store.delete(sha256, "me", "old")
        assert put(store, "1", b"x").outcome is Outcome.STORED
        assert content_of(store, sha256) == b"x"

    def test_a_name_that_went_does_not_come_back_with_another(self, store: Store) -> None:
        sha256 = put(store, "1", b"same").entry.sha256
        put(store, "2", b"same")
        store.delete(sha256, "me", "old")
        third = put(store, "3", b"same").entry
        assert store.find("1") == store.find("2") == ()
        assert store.find("3") == (third,)

    def test_names_and_groups_are_opaque(self, store: Store) -> None:
        for name in ("../../etc/passwd", "a\0b", "\udcff", 'quote " and \\', "x" * 5000, ""):
            receipt = put(store, name, name.encode("utf-8", "surrogatepass") + b".", group=name)
            assert store.find(name) == (receipt.entry,)
            assert ".." not in receipt.entry.path

    def test_space_is_told(self, store: Store) -> None:
        space = store.space()
        assert 0 < space.free <= space.total


def _at_once(store: Store, name: str, contents: list[bytes]) -> list[Receipt]:
    with ThreadPoolExecutor(len(contents)) as pool:
        return list(pool.map(lambda content: put(store, name, content), contents))
