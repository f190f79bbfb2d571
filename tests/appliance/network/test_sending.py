from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.network.sending import Source


class Corrupt(Exception):
    pass


async def _drain(source: Source) -> list[tuple[bytes, bool]]:
    batches = [await source.next()]
    while not batches[-1].last:
        batches.append(await source.next())
    return [(b"".join(pieces), last) for pieces, last in batches]


async def _all(chunks: list[bytes]) -> list[tuple[bytes, bool]]:
    return await _drain(Source(lambda: iter(chunks)))


async def test_a_small_object_is_one_batch() -> None:
    assert await _all([b"abc", b"", b"def"]) == [(b"abcdef", True)]
    assert await _all([]) == [(b"", True)]


async def test_a_large_object_comes_in_batches_and_its_end_is_never_empty() -> None:
    chunks = [bytes((number,)) * (1 << 18) for number in range(11)]
    batches = await _all(chunks)
    assert b"".join(data for data, _ in batches) == b"".join(chunks)
    assert [last for _, last in batches] == [False, False, True]
    assert all(data for data, _ in batches)


@pytest.mark.parametrize("good", [0, 1, 4, 8])
async def test_the_end_is_not_handed_out_before_the_reader_has_agreed(good: int) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(good):
            yield bytes(1 << 18)
        raise Corrupt

    with pytest.raises(Corrupt):
        await _drain(Source(chunks))


@given(st.lists(st.integers(0, 3 << 18), max_size=12))
def test_nothing_is_lost_or_added(sizes: list[int]) -> None:
    source = Source(lambda: (bytes(size) for size in sizes))
    batches = [source._pull()]
    while not batches[-1].last:
        batches.append(source._pull())
    assert sum(len(piece) for batch in batches for piece in batch.pieces) == sum(sizes)
    assert not any(sum(map(len, batch.pieces)) % 2 for batch in batches[:-1])
