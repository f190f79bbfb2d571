"""What the command line of the bench says."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.candidates import CANDIDATES, Candidate
from tests.bench.measure import Cell
from tests.bench.objects import CT, KINDS, LARGE, SMALL

PARTS = ("receive", "memory", "forward", "query")
_QUICK = tuple(Cell(kind, count) for kind in (CT, SMALL) for count in (1, 4, 16))
_CELLS = (*_QUICK, Cell(LARGE, 1))
_FULL = (*_CELLS, Cell(LARGE, 4))


@dataclass(frozen=True, slots=True)
class Options:
    """How much is measured, of what, and where."""

    parts: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    named: bool  # the candidates were asked for by name
    cells: tuple[Cell, ...]
    rounds: int
    seconds: float  # of each measurement
    full: bool
    data: Path
    arca: Path
    sample: Path | None
    json: Path | None


def parse(words: Sequence[str]) -> Options:
    """Ends the program with a message when they are wrong."""
    parser = _parser()
    found = parser.parse_args(words)
    candidates = tuple(
        candidate
        for candidate in CANDIDATES
        if (candidate.name in found.only if found.only else found.full or not candidate.only_full)
    )
    return Options(
        tuple(found.part or PARTS),
        candidates,
        bool(found.only),
        tuple(found.cell or (_FULL if found.full else _CELLS)),
        found.rounds or (5 if found.full else 3),
        found.seconds or (3.0 if found.full else 0.7),
        found.full,
        found.data,
        found.arca,
        found.sample,
        found.json,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./run bench",
        description="Measures Arca beside other receivers on this machine, over loopback, with "
        "a sender in C. Prints tables; about five minutes, with --full about half an hour.",
    )
    add = parser.add_argument
    add("--full", action="store_true", help="more rounds, longer, more receivers")
    add("--part", action="append", choices=PARTS, help="only this part; may be repeated")
    add("--rounds", type=int, help="how often each measurement is made; medians are shown")
    add("--seconds", type=float, help="how long each measurement sends")
    names = [candidate.name for candidate in CANDIDATES]
    add("--only", action="append", choices=names, help="only this receiver; may be repeated")
    add("--cell", action="append", type=_cell, help="only this column, as ct:16; may be repeated")
    add("--data", type=Path, default=Path("/var/tmp"), help="folder whose disk is written to")
    arca = Path(sys.executable).with_name("arca")
    add("--arca", type=Path, default=arca, help="the arca program, default: of this environment")
    add("--sample", type=Path, help="take the header from this file instead of pydicom's CT")
    add("--json", type=Path, help="write every single result to this file")
    return parser


def _cell(text: str) -> Cell:
    name, _, count = text.partition(":")
    for kind in KINDS:
        if kind.name == name and (not count or count.isdigit()):
            return Cell(kind, int(count or 1))
    raise argparse.ArgumentTypeError(f"{text!r}: say ct, small or large, a colon and a number")
