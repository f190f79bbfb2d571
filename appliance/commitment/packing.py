"""Long lists as they are kept: one value of a row instead of a row for each reference."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable, Sequence
from sys import byteorder, intern

from appliance.commitment.model import Reference


def pack(references: Iterable[Reference]) -> bytes:
    """References to bytes; their UIDs are well-formed."""
    lines = "\n".join(f"{one.sop_class_uid} {one.sop_instance_uid}" for one in references)
    return zlib.compress(lines.encode("ascii"), 1)


def unpack(packed: bytes) -> tuple[Reference, ...]:
    lines = zlib.decompress(packed).decode("ascii").splitlines()
    return tuple(
        Reference(intern(sop_class), instance)
        for sop_class, _, instance in (line.partition(" ") for line in lines)
    )


def pack_numbers(numbers: Sequence[int]) -> bytes:
    """Numbers below 2 to the 64th to bytes."""
    return zlib.compress(_little(array("Q", numbers)).tobytes(), 1)


def unpack_numbers(packed: bytes) -> tuple[int, ...]:
    numbers = array("Q")
    if packed:
        numbers.frombytes(zlib.decompress(packed))
    return tuple(_little(numbers))


def _little(numbers: array[int]) -> array[int]:
    if byteorder == "big":
        numbers.byteswap()
    return numbers
