"""Objects that are broken on purpose: a clear answer, no harm, and the next one is served."""

from __future__ import annotations

import json
import random
import struct
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.system import wire
from tests.system.appliance import Appliance
from tests.system.images import (
    DEFLATED,
    PATIENT_ID,
    PATIENT_NAME,
    SERIES,
    SOP_INSTANCE,
    STUDY,
    Image,
    ct,
    part10,
    put,
)

_FIRST = 4096  # bytes of an object that are mutated
_LANES = 4  # associations at once
_BATCH = 100  # objects on one association
_MIB = 1 << 20
GONE = -1


@pytest.fixture(autouse=True)
def unharmed(shared_arca: Appliance) -> Iterator[None]:
    """The same process goes on after each test, indexes all it kept and serves the next."""
    pid, logged = shared_arca.pid, len(shared_arca.told().encode())
    yield
    assert shared_arca.alive()
    assert shared_arca.pid == pid
    honest = ct(random.Random(pid).randrange(1, 999_999), source=99, pixels=64)
    assert wire.store(shared_arca.port, [honest]) == [0]
    kept = sum(shared_arca.kept().values())
    assert sum(shared_arca.settled(kept).values()) == kept
    assert shared_arca.ask("status")["well"]
    assert "Traceback" not in shared_arca.told(logged)


def _clear(status: int) -> bool:
    """Stored, or refused for what it is: never an internal error (0110)."""
    return status in (0, 0x0117, 0x0122, 0x0124) or status >> 8 == 0xA9 or status >> 12 == 0xC


def _store(arca: Appliance, images: Sequence[Image]) -> list[tuple[Image, int]]:
    """Each image with its status; GONE when the association was ended instead."""
    answers: list[tuple[Image, int]] = []
    while len(answers) < len(images):
        with suppress(wire.Gone), wire.Association(arca.port, wire.contexts_of(images)) as one:
            for image in images[len(answers) :]:
                answers.append((image, GONE))
                answer = one.answer(image)
                comment = answer.get(0x0902, b"").decode()
                assert len(comment) <= 64
                assert "Traceback" not in comment
                answers[-1] = image, int.from_bytes(answer[0x0900], "little")
    return answers


def _store_many(arca: Appliance, images: Sequence[Image]) -> list[tuple[Image, int]]:
    parts = [images[start : start + _BATCH] for start in range(0, len(images), _BATCH)]
    with ThreadPoolExecutor(_LANES) as pool:
        return [one for part in pool.map(lambda part: _store(arca, part), parts) for one in part]


def _assert_clear_and_kept(arca: Appliance, answers: Sequence[tuple[Image, int]]) -> None:
    unclear = {hex(status) for _, status in answers if not _clear(status)}
    assert not unclear
    assert arca.holds([image for image, status in answers if status == 0])


# Truncations and flipped bits


def _truncated(length: int) -> Image:
    image = ct(length + 1, source=31, pixels=64)
    return replace(image, content=image.content[:length])


def _flipped(bit: int) -> Image:
    image = ct(bit + 1, source=32, pixels=64)
    content = bytearray(image.content)
    content[bit // 8] ^= 1 << bit % 8
    return replace(image, content=bytes(content))


def _prove_mutants(arca: Appliance, lengths: Sequence[int], bits: Sequence[int]) -> None:
    # A fragment of odd length is no valid PDV (PS3.5 §7.1.1), so the association may end.
    answers = _store_many(arca, [_truncated(length) for length in lengths])
    whole = [one for one in answers if one[1] != GONE or len(one[0].content) % 2 == 0]
    _assert_clear_and_kept(arca, whole)
    _assert_clear_and_kept(arca, _store_many(arca, [_flipped(bit) for bit in bits]))


def test_a_sample_of_truncations_and_flipped_bits(shared_arca: Appliance) -> None:
    chance = random.Random(40)
    lengths = [*range(16), *chance.sample(range(16, _FIRST), 250)]
    _prove_mutants(shared_arca, lengths, chance.sample(range(8 * _FIRST), 700))


@pytest.mark.long
def test_every_truncation_and_every_flipped_bit(shared_arca: Appliance) -> None:
    _prove_mutants(shared_arca, range(_FIRST), range(8 * _FIRST))


def test_a_transfer_that_breaks_off_leaves_nothing(shared_arca: Appliance) -> None:
    before, chance = shared_arca.kept(), random.Random(41)
    for number in range(1, 61):
        image = ct(number, source=33, pixels=20_000)
        association = wire.Association(shared_arca.port, wire.contexts_of([image]))
        data = b"".join(association.request(image))
        association.send(data[: chance.randrange(1, len(data))])
        association.socket.close()
    assert wire.store(shared_arca.port, [ct(61, source=33)]) == [0]
    assert shared_arca.kept().total() == before.total() + 1


def test_broken_files_are_imported_or_refused_one_by_one(
    shared_arca: Appliance, tmp_path: Path
) -> None:
    chance = random.Random(42)
    for number in range(1, 201):
        data = bytearray(part10(ct(number, source=37, pixels=64)))
        data[chance.randrange(_FIRST)] ^= 1 << chance.randrange(8)
        if number % 2:
            data = data[: chance.randrange(_FIRST)]
        (tmp_path / f"{number:03}.dcm").write_bytes(data)
    whole = ct(201, source=37, pixels=64)
    (tmp_path / "whole.dcm").write_bytes(part10(whole))
    done = shared_arca.run("import", str(tmp_path), "--json")
    report = json.loads(done.stdout)
    outcomes = ("stored", "duplicates", "ignored", "failed")
    assert sum(report[outcome] for outcome in outcomes) == report["files"] == 201
    assert done.returncode == int(report["failed"] > 0)
    assert shared_arca.holds([whole])
    assert "Traceback" not in done.stdout + done.stderr


# Names


_NAMES = [
    "../../../../../../PWNED",
    "..\\..\\..\\PWNED",
    "/PWNED",
    "1.2.3/../../../PWNED",
    "1.2.3\0/PWNED",
    "%2e%2e%2fPWNED",
    "1.2.3;touch PWNED",
    "$(touch PWNED)",
    "1.2..3.PWNED",
    "PWNED" * 40,
    "1." + "2" * 80,
    "01.02.003",
    " ",
    "",
]


def _misnamed(name: str) -> list[Image]:
    """The name in the command, or in one element of an object of a study of its own."""
    text = name.encode()
    images = [ct(1, source=34, study=6 * _NAMES.index(name) + n, pixels=64) for n in range(6)]
    tags = (STUDY, SERIES, PATIENT_ID, PATIENT_NAME)
    return [
        replace(images[0], sop_instance_uid=name),
        replace(
            images[1], sop_instance_uid=name, content=put(images[1].content, SOP_INSTANCE, text)
        ),
        *(
            replace(image, content=put(image.content, tag, text))
            for image, tag in zip(images[2:], tags, strict=True)
        ),
    ]


def _strays(arca: Appliance) -> list[Path]:
    """Files that a name from the wire led to."""
    above = [found for folder in arca.home.parents for found in folder.glob("*PWNED*")]
    inside = [path for path in arca.home.parent.rglob("*") if "PWNED" in path.name]
    return above + inside


@pytest.mark.parametrize("name", _NAMES)
def test_names_never_become_paths(shared_arca: Appliance, name: str) -> None:
    for image in _misnamed(name):
        ((_, status),) = _store(shared_arca, [image])
        assert _clear(status), hex(status)
    assert _strays(shared_arca) == []


@pytest.mark.parametrize("title", [b"../../../PWNED", b"/PWNED", b"PWN\0ED", b"\x1b[2JPWNED", b""])
def test_ae_titles_never_become_paths(shared_arca: Appliance, title: bytes) -> None:
    image = ct(2, source=34, pixels=64)
    for calling, called in ((title, b"ARCA"), (b"SENDER", title)):
        with (
            suppress(wire.Gone),
            wire.Association(
                shared_arca.port, wire.contexts_of([image]), calling=calling, called=called
            ) as association,
        ):
            assert _clear(association.store(image))
    assert _strays(shared_arca) == []
    assert b"\x1b" not in shared_arca.log.read_bytes()


def test_a_name_that_steers_terminals_is_shown_harmlessly(shared_arca: Appliance) -> None:
    image = ct(3, source=35, pixels=64)
    content = put(image.content, PATIENT_NAME, b"Evil\x1b]0;owned\x07\x1b[2J^Eve")
    assert wire.store(shared_arca.port, [replace(image, content=content)]) == [0]
    shared_arca.settled(sum(shared_arca.kept().values()))
    assert "\x1b" not in shared_arca.run("studies").stdout


# Bombs


def _before_patient(image: Image, inserted: bytes) -> Image:
    position = image.content.index(PATIENT_NAME)
    content = image.content[:position] + inserted + image.content[position:]
    return replace(image, content=content)


_SEQUENCE = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
_ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
_ENDS = struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)


def _nested(depth: int) -> bytes:
    return (_SEQUENCE + _ITEM) * depth + _ENDS * depth


def _nested_by_length(depth: int) -> bytes:
    parts = []
    for left in range(depth, 0, -1):
        inside = 20 * (left - 1)
        parts.append(struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, inside + 8))
        parts.append(struct.pack("<HHI", 0xFFFE, 0xE000, inside))
    return b"".join(parts)


def _items(count: int) -> bytes:
    empty = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    return _SEQUENCE + empty * count + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


_BOMBS = {
    "10 levels": _nested(10),
    "1,000 levels": _nested(1_000),
    "100,000 levels": _nested(100_000),
    "100,000 levels without ends": (_SEQUENCE + _ITEM) * 100_000,
    "100,000 levels by length": _nested_by_length(100_000),
    "a million empty items": _items(1_000_000),
    "a length of 4 GiB": struct.pack("<HH2sHI", 0x0008, 0x2111, b"UT", 0, 0xFFFFFFF0),
    "an unknown of 4 GiB": struct.pack("<HH2sHI", 0x0009, 0x1001, b"UN", 0, 0xFFFFFFFE),
    "an open-ended unknown": struct.pack("<HH2sHI", 0x0009, 0x1001, b"UN", 0, 0xFFFFFFFF),
}


@pytest.mark.parametrize("name", _BOMBS)
def test_bombs_do_no_harm(shared_arca: Appliance, name: str) -> None:
    shared_arca.reset_peak()
    before = shared_arca.memory()
    image = _before_patient(ct(list(_BOMBS).index(name) + 1, source=36, pixels=64), _BOMBS[name])
    _assert_clear_and_kept(shared_arca, _store(shared_arca, [image]))
    shared_arca.settled(sum(shared_arca.kept().values()))
    assert shared_arca.peak() - before < 64 * _MIB


def test_a_deflated_bomb_is_not_inflated_whole(shared_arca: Appliance) -> None:
    shared_arca.reset_peak()
    before = shared_arca.memory()
    head = struct.pack("<HH2sHI", 0x0009, 0x1001, b"OB", 0, 512 * _MIB)
    image = _before_patient(ct(100, source=36, pixels=64), head + b"BOMB")
    start, rest = image.content.split(b"BOMB")
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = [squeeze.compress(start), *(squeeze.compress(bytes(_MIB)) for _ in range(512))]
    content = b"".join([*parts, squeeze.compress(rest), squeeze.flush()])
    content += b"\0" * (len(content) % 2)
    bomb = replace(image, transfer_syntax_uid=DEFLATED, content=content)
    _assert_clear_and_kept(shared_arca, _store(shared_arca, [bomb]))
    shared_arca.settled(sum(shared_arca.kept().values()))
    assert shared_arca.peak() - before < 64 * _MIB
