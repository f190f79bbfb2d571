"""A full check names everything that is not as it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.scrub import Report, scrub_slice, verify
from storage.store import Action, Entry
from tests.storage.units import Wall, file_of, flip, put, reopen


@pytest.fixture
def filled(unit: Path, wall: Wall) -> tuple[Path, list[Entry]]:
    """A closed unit of twenty objects, a deletion and several segments."""
    with reopen(unit, wall) as volume:
        entries = [put(volume, str(number), b"%d" % number * 50).entry for number in range(20)]
        volume.delete(entries.pop().sha256, "me", "old")
    return unit, entries


def _verify(unit: Path, head: tuple[int, str] | None = None) -> Report:
    with reopen(unit, read_only=True) as volume:
        return verify(volume, head=head)


def test_all_is_well(filled: tuple[Path, list[Entry]]) -> None:
    seen: list[tuple[int, int | None]] = []
    with reopen(filled[0], read_only=True) as volume:
        report = verify(volume, progress=lambda done, total: seen.append((done, total)))
    assert report.is_well
    assert (report.checked, report.lines) == (19, 22)
    assert report.bytes == sum(entry.size for entry in filled[1])
    assert seen[-1] == (19, 19)


def test_every_kind_of_damage_is_named(filled: tuple[Path, list[Entry]]) -> None:
    unit, entries = filled
    flip(file_of(unit, entries[3]))
    file_of(unit, entries[4]).chmod(0o640)
    os.truncate(file_of(unit, entries[4]), 5)
    file_of(unit, entries[5]).unlink()
    one, two = file_of(unit, entries[6]), file_of(unit, entries[7])
    one.rename(unit / "swap")
    two.rename(one)
    (unit / "swap").rename(two)
    (unit / "objects/planted").write_bytes(b"x")
    strange = file_of(unit, entries[8]).with_name("0" * 64 + ".dcm")
    strange.write_bytes(b"y")
    report = _verify(unit)
    assert set(report.corrupt) == {entries[number].path for number in (3, 4, 6, 7)}
    assert report.missing == (entries[5].path,)
    assert set(report.unlisted) == {"objects/planted", str(strange.relative_to(unit))}
    assert not report.ledger
    assert not report.is_well


def test_every_flipped_bit_of_an_object_is_found(filled: tuple[Path, list[Entry]]) -> None:
    unit, entries = filled
    path = file_of(unit, entries[0])
    for at in range(entries[0].size):
        flip(path, at)
        assert _verify(unit).corrupt == (entries[0].path,)
        flip(path, at)


Tamper = Callable[[list[bytes]], list[bytes]]

TAMPERINGS: dict[str, tuple[Tamper, int]] = {
    "a line changed": (
        lambda lines: [*lines[:2], lines[2].replace(b"TEST", b"EVIL"), *lines[3:]],
        3,
    ),
    "a line removed": (lambda lines: [*lines[:2], *lines[3:]], 3),
    "a line doubled": (lambda lines: [*lines[:3], lines[2], *lines[3:]], 4),
    "lines swapped": (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], 3),
    "the first line removed": (lambda lines: lines[1:], 1),
    "not a line": (lambda lines: [*lines[:2], b"hello\n", *lines[2:]], 3),
    "an empty line": (lambda lines: [*lines[:2], b"\n", *lines[2:]], 3),
    "zeros": (lambda lines: [*lines[:2], bytes(len(lines[2])), *lines[3:]], 3),
}


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_a_ledger_that_was_tampered_with(filled: tuple[Path, list[Entry]], kind: str) -> None:
    unit, _ = filled
    tamper, line = TAMPERINGS[kind]
    path = min((unit / "ledger").iterdir())
    path.write_bytes(b"".join(tamper(path.read_bytes().splitlines(keepends=True))))
    report = _verify(unit)
    assert len(report.ledger) == 1
    assert report.ledger[0].startswith(f"ledger line {line}:")
    assert not report.missing


def test_every_flipped_bit_of_the_ledger_is_found(filled: tuple[Path, list[Entry]]) -> None:
    unit, _ = filled
    sequence = 0
    for path in sorted((unit / "ledger").iterdir()):
        at = 0
        for line in path.read_bytes().splitlines(keepends=True):
            sequence += 1
            for offset in range(at, at + len(line), 41):
                flip(path, offset)
                assert _verify(unit).ledger[0].startswith(f"ledger line {sequence}:")
                flip(path, offset)
            at += len(line)


@pytest.mark.parametrize("cut", [1, 5])
def test_a_ledger_that_ends_too_early(filled: tuple[Path, list[Entry]], cut: int) -> None:
    unit, _ = filled
    path = max((unit / "ledger").iterdir())
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-cut]))
    assert any("the ledger ends at line" in words for words in _verify(unit).ledger)


def test_segments_that_are_gone(filled: tuple[Path, list[Entry]]) -> None:
    unit, _ = filled
    paths = sorted((unit / "ledger").iterdir())
    paths[1].rename(unit / "away")
    first = int(paths[1].stem)
    assert _verify(unit).ledger[0].startswith(f"ledger line {first}: missing")
    (unit / "away").rename(paths[1])
    paths[-1].unlink()
    assert any("the ledger ends at line" in words for words in _verify(unit).ledger)


def test_a_ledger_written_anew_does_not_fit_what_was_noted(
    filled: tuple[Path, list[Entry]], tmp_path: Path, wall: Wall
) -> None:
    unit, _ = filled
    with reopen(unit, wall) as volume:
        noted = volume.head()
        put(volume, "later", b"later")
    assert not _verify(unit, noted).ledger
    assert _verify(unit, (noted[0], "0" * 64)).ledger == (
        f"ledger line {noted[0]}: not the line that was noted",
    )
    assert "ends at line" in _verify(unit, (1000, noted[1])).ledger[0]


def test_a_unit_with_a_broken_ledger_is_still_read(
    filled: tuple[Path, list[Entry]], wall: Wall
) -> None:
    unit, entries = filled
    path = max((unit / "ledger").iterdir())
    path.write_bytes(path.read_bytes().replace(b"me", b"ME"))
    with reopen(unit, wall) as volume:
        assert "run verify" in volume.trouble
        with volume.open(entries[0].sha256) as reader:
            assert b"".join(reader.chunks())
        assert len(verify(volume).ledger) == 1
    with reopen(unit, wall) as volume:
        assert "run verify" in volume.trouble


def test_a_scrub_goes_round_in_slices(filled: tuple[Path, list[Entry]], wall: Wall) -> None:
    unit, entries = filled
    flip(file_of(unit, entries[2]))
    file_of(unit, entries[9]).unlink()
    with reopen(unit, wall) as volume:
        for round_ in range(2):
            after = checked = 0
            damaged: list[str] = []
            while True:
                part = scrub_slice(volume, after, 300)
                checked += part.checked
                damaged += part.damaged
                after = part.after
                if not after:
                    break
            assert checked == 19
            assert damaged == [entries[2].sha256, entries[9].sha256]
            lines = [line for line in volume.follow(0) if line.action is Action.DAMAGE]
            assert [line.notes["reason"] for line in lines] == ["changed", "missing"], round_


def test_what_comes_in_meanwhile_is_no_fault(unit: Path, wall: Wall) -> None:
    with reopen(unit, wall) as volume:
        first = put(volume, "1", b"x").entry
        put(volume, "2", b"y")

        def meanwhile(done: int, total: int | None) -> None:
            if done == 1:
                put(volume, "3", b"z")
                volume.delete(first.sha256, "me", "old")

        report = verify(volume, progress=meanwhile)
        assert report.is_well
        assert report.lines == 5
