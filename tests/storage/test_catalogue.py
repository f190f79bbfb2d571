"""Looking things up: in memory, in the file, and while they move from one to the other."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.catalogue import Catalogue, replay
from storage.errors import Stopped
from storage.kept import Kept
from storage.ledger import Ledger
from storage.segments import START, Mark, Segments
from storage.store import Action, Entry
from storage.system import System

DAY = datetime(2026, 1, 1, tzinfo=UTC)


class Book:
    """A ledger and its catalogue."""

    def __init__(self, folder: Path) -> None:
        (folder / "ledger").mkdir(parents=True)
        self.path = str(folder / "catalogue.sqlite")
        self.segments = Segments(str(folder / "ledger"))
        self.ledger = Ledger(self.segments, 2000, System())
        self.ledger.begin(START)
        self.catalogue = Catalogue(self.path, "unit", self.segments)

    def write(self, action: Action, sha: int, name: str = "", **more: object) -> Entry:
        sequence = self.ledger.head.sequence + 1
        entry = Entry(sequence, DAY, action, f"{sha:064x}", name=name, path=f"at{sha}", **more)  # type: ignore[arg-type]
        (mark,) = self.ledger.append([entry])
        self.catalogue.add(entry, mark)
        return entry

    def close(self) -> None:
        self.catalogue.close()
        self.ledger.close()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    book = Book(tmp_path / "book")
    yield book
    book.close()


@pytest.mark.parametrize("flush_every", [1, 2, 100])
def test_lookups_are_the_same_wherever_the_lines_are(book: Book, flush_every: int) -> None:
    entries: dict[str, Entry] = {}

    def note(key: str, entry: Entry) -> None:
        entries[key] = entry
        if len(entries) % flush_every == 0:
            assert book.catalogue.flush()

    note("a", book.write(Action.PUT, 1, "n"))
    note("b", book.write(Action.PUT, 2, "n", retain_until=DAY))
    note("hold", book.write(Action.HOLD, 1))
    note("c", book.write(Action.PUT, 3, "m"))
    note("extend", book.write(Action.EXTEND, 2, retain_until=DAY + timedelta(5)))
    note("delete", book.write(Action.DELETE, 3))
    note("d", book.write(Action.PUT, 4, "m"))
    note("damage", book.write(Action.DAMAGE, 4))
    catalogue = book.catalogue
    assert catalogue.find("n") == [entries["a"], entries["b"]]
    assert catalogue.find("m") == [entries["d"]]
    assert catalogue.kept(f"{1:064x}") == Kept(entries["a"], None, held=True)
    assert catalogue.kept(f"{2:064x}") == Kept(entries["b"], DAY + timedelta(5))
    assert catalogue.kept(f"{3:064x}") is None
    assert catalogue.kept(f"{4:064x}") == Kept(entries["d"], None, damaged=True)
    catalogue.flush()
    assert catalogue.doomed() == ["at3"]
    catalogue.gone("at3")
    assert catalogue.doomed() == []


def test_a_healed_object_is_not_doomed(book: Book) -> None:
    book.write(Action.PUT, 1, "n")
    book.write(Action.DELETE, 1)
    book.write(Action.PUT, 1, "n")
    book.write(Action.DAMAGE, 1)
    again = book.write(Action.PUT, 1, "n")
    book.catalogue.flush()
    assert book.catalogue.doomed() == []
    assert book.catalogue.kept(again.sha256) == Kept(again, None)
    assert book.catalogue.find("n") == [again]


def test_a_quick_look_is_sure_of_what_is_not_there(book: Book) -> None:
    entry = book.write(Action.PUT, 1, "n")
    before = book.catalogue.look("n", entry.sha256)
    assert (before.listed, before.named) == (True, True)
    assert book.catalogue.find_since("n", before) == [entry]
    unseen = book.catalogue.look("other", f"{9:064x}")
    assert (unseen.listed, unseen.named) == (False, False)
    assert book.catalogue.find_since("other", unseen) == []
    late = book.write(Action.PUT, 9, "other")
    book.catalogue.flush()
    assert book.catalogue.find_since("other", unseen) == [late]


def test_a_look_in_the_middle_of_a_flush_misses_nothing(book: Book) -> None:
    entry = book.write(Action.PUT, 1, "n")
    catalogue = book.catalogue
    catalogue._leaving, catalogue._fresh = catalogue._fresh, catalogue._leaving
    seen = catalogue.look("n", f"{2:064x}")
    catalogue._write_leaving()
    assert catalogue.find_since("n", seen) == [entry]


def test_digests_that_begin_alike_are_told_apart(book: Book) -> None:
    one = f"{1:064x}"
    near = one[:16] + "f" * 48
    entry = book.write(Action.PUT, 1, "n")
    book.catalogue.flush()
    assert book.catalogue.kept(near) is None
    book.write(Action.PUT, int(near, 16), "n")
    book.write(Action.DELETE, int(near, 16))
    book.catalogue.flush()
    assert book.catalogue.find("n") == [entry]


def test_what_is_on_its_way_into_the_file_is_found(book: Book) -> None:
    entry = book.write(Action.PUT, 1, "n")
    book.catalogue._leaving, book.catalogue._fresh = book.catalogue._fresh, book.catalogue._leaving
    assert book.catalogue.find("n") == [entry]
    assert book.catalogue.kept(entry.sha256) == Kept(entry, None)
    assert book.catalogue.look("n", entry.sha256).listed


def test_a_failed_flush_keeps_everything_in_order(book: Book) -> None:
    entries = [book.write(Action.PUT, number, "n") for number in range(3)]
    book.catalogue._writer.execute("PRAGMA query_only = TRUE")
    assert not book.catalogue.flush()
    entries.append(book.write(Action.PUT, 7, "n"))
    book.write(Action.DELETE, 0)
    assert not book.catalogue.flush()
    book.catalogue.gone("at0")
    book.catalogue.set_clean(clean=True)
    assert book.catalogue.waiting == 5
    assert book.catalogue.find("n") == entries[1:]
    book.catalogue._writer.execute("PRAGMA query_only = FALSE")
    assert book.catalogue.flush()
    assert book.catalogue.waiting == 0
    assert book.catalogue.find("n") == entries[1:]


def test_the_mark_goes_with_the_rows(book: Book) -> None:
    for number in range(25):
        book.write(Action.PUT, number, str(number))
        if number == 10:
            book.catalogue.flush()
    book.catalogue.close()
    book.catalogue = Catalogue(book.path, "unit", book.segments)
    assert book.catalogue.mark.sequence == 11
    assert book.catalogue.find("20") == []
    head = replay(book.catalogue, book.segments.follow(book.catalogue.mark), 4)
    assert head == book.ledger.head
    assert len(book.catalogue.find("20")) == 1


def test_a_catalogue_that_breaks_is_thrown_away(book: Book) -> None:
    book.catalogue._reader.execute("PRAGMA query_only = FALSE")
    book.catalogue._writer.execute("DROP TABLE puts")
    with pytest.raises(Stopped, match="rebuilt at the next start"):
        book.catalogue.find("n")
    assert not Path(book.path).exists()


def test_the_catalogue_of_another_unit_is_refused(book: Book) -> None:
    with pytest.raises(sqlite3.DatabaseError):
        Catalogue(book.path, "another", book.segments)


def test_a_good_end_is_remembered(book: Book) -> None:
    assert not book.catalogue.was_clean
    book.catalogue.set_clean(clean=True)
    book.catalogue.close()
    book.catalogue = Catalogue(book.path, "unit", book.segments)
    assert book.catalogue.was_clean
    assert book.catalogue.mark == Mark(0, "", START.position)
