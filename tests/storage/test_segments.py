"""Reading a ledger over its segments, checked and unchecked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.ledger import Ledger
from storage.segments import START, Broken, Mark, Position, Segments
from storage.store import Action, Entry
from storage.system import System

DAY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def segments(tmp_path: Path) -> Segments:
    """Twenty lines in segments of three or so."""
    segments = Segments(str(tmp_path))
    ledger = Ledger(segments, 500, System())
    ledger.begin(START)
    for number in range(1, 21):
        ledger.append([Entry(number, DAY, Action.PUT, str(number), name="x" * 50, size=1)])
    ledger.close()
    return segments


def test_a_ledger_without_lines(tmp_path: Path) -> None:
    segments = Segments(str(tmp_path))
    assert (segments.firsts(), segments.last(), segments.modified()) == ([], 0, 0.0)
    assert (segments.entries(0, 5), list(segments.follow()), segments.holding(7)) == ([], [], 1)
    assert segments.check(START)


def test_lines_are_followed_from_any_mark(segments: Segments) -> None:
    links = list(segments.follow())
    assert [link.entry.sequence for link in links] == list(range(1, 21))
    for number, link in enumerate(links):
        mark = Mark(link.entry.sequence, link.seal, link.position)
        assert segments.check(mark)
        assert list(segments.follow(mark)) == links[number + 1 :]


def test_lines_are_read_from_anywhere(segments: Segments) -> None:
    for after in (0, 19, 3, 4, 5, 20, 25, 1):
        expected = list(range(after + 1, min(after + 5, 21)))
        assert [line.sequence for line in segments.entries(after, 4)] == expected
    assert segments.last() == 20


def test_a_line_that_has_no_end_yet_is_not_read(segments: Segments) -> None:
    with Path(segments.path(segments.firsts()[-1])).open("ab") as file:
        file.write(b'{"sequence":21')
    assert segments.last() == 20
    assert segments.entries(20, 5) == []


def test_a_mark_that_does_not_fit_is_seen(segments: Segments) -> None:
    link = list(segments.follow())[7]
    good = Mark(8, link.seal, link.position)
    assert not segments.check(Mark(9, link.seal, link.position))
    assert not segments.check(Mark(8, "0" * 64, link.position))
    assert not segments.check(Mark(8, link.seal, Position(99, 0, 10)))
    assert not segments.check(Mark(8, link.seal, Position(link.position.segment, 1, 10)))
    assert segments.check(good)


def test_a_break_names_its_line_and_what_was_good(segments: Segments) -> None:
    path = Path(segments.path(segments.firsts()[1]))
    path.write_bytes(path.read_bytes().replace(b"xxx", b"xyx", 1))
    with pytest.raises(Broken, match=f"ledger line {segments.firsts()[1]}:") as caught:
        list(segments.follow())
    assert caught.value.at.sequence == segments.firsts()[1] - 1
    assert not caught.value.last


def test_a_right_seal_does_not_excuse_a_wrong_sequence(tmp_path: Path) -> None:
    segments = Segments(str(tmp_path))
    ledger = Ledger(segments, 10_000, System())
    ledger.begin(START)
    ledger.append([Entry(1, DAY, Action.OPEN), Entry(3, DAY, Action.PUT)])
    ledger.close()
    with pytest.raises(Broken, match="ledger line 2") as caught:
        list(segments.follow())
    assert caught.value.last


def test_foreign_files_are_no_segments(segments: Segments) -> None:
    Path(segments.folder, "notes.jsonl").touch()
    Path(segments.folder, "000000000099.jsonl.bak").touch()
    assert segments.last() == 20
