"""Who guesses waits."""

from __future__ import annotations

from web.dicomweb.lockout import Lockout


def test_a_few_mistakes_are_free_then_it_gets_slow() -> None:
    lockout = Lockout()
    for count in range(1, 6):
        assert lockout.failed("h", 0.0) == count
        assert lockout.wait("h", 0.0) == 0
    waits = []
    for _ in range(12):
        lockout.failed("h", 0.0)
        waits.append(lockout.wait("h", 0.0))
    assert waits[:3] == [2, 4, 8]
    assert waits[-1] == 300
    assert lockout.wait("other", 0.0) == 0
    assert lockout.wait("h", 299.0) == 1
    lockout.succeeded("h")
    assert lockout.wait("h", 0.0) == 0


def test_it_is_forgotten_after_a_while() -> None:
    lockout = Lockout()
    for _ in range(8):
        lockout.failed("h", 0.0)
    assert lockout.failed("h", 1000.0) == 1


def test_what_is_remembered_is_bounded() -> None:
    lockout = Lockout()
    for number in range(10_050):
        lockout.failed(str(number), 0.0)
    assert len(lockout._records) == 10_000
