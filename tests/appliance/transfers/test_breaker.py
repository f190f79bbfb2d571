"""One looks, the others wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from appliance.transfers.breaker import Breaker
from appliance.transfers.schedule import LONGEST_PAUSE, PARKED_PAUSE

NOW = datetime(2024, 1, 1, tzinfo=UTC)


def _never() -> float:
    return 0.0


def test_a_failure_opens_it_and_success_closes_it() -> None:
    broken = Breaker().failed(NOW, "gone", _never)
    assert not broken.may_try(NOW)
    assert broken.may_try(NOW + timedelta(seconds=30))
    assert broken.words == "gone"
    assert broken.tried().succeeded() == Breaker()


def test_only_one_looks() -> None:
    later = NOW + timedelta(seconds=31)
    looking = Breaker().failed(NOW, "gone", _never).tried()
    assert not looking.may_try(later)
    assert looking.given_up().may_try(later)


def test_a_failed_look_doubles_the_pause() -> None:
    twice = Breaker().failed(NOW, "gone", _never).tried().failed(NOW, "still", _never)
    assert twice.until == NOW + timedelta(seconds=60)


def test_others_that_fail_meanwhile_do_not_count() -> None:
    once = Breaker().failed(NOW, "gone", _never)
    assert once.failed(NOW, "me too", _never).failures == 1


def test_a_parked_one_is_looked_at_now_and_then() -> None:
    parked = Breaker().parked(NOW, "rejected")
    assert parked.until == NOW + timedelta(seconds=PARKED_PAUSE)


class Circuit(RuleBasedStateMachine):
    """Many associations through one circuit, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.breaker = Breaker()
        self.looking = 0

    @rule(seconds=st.integers(0, 2000))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.breaker.may_try(self.now))
    @rule()
    def start(self) -> None:
        self.breaker = self.breaker.tried()
        self.looking += self.breaker.probing

    @rule(chance=st.floats(0, 1, exclude_max=True))
    def fail(self, chance: float) -> None:
        self.breaker, self.looking = self.breaker.failed(self.now, "gone", lambda: chance), 0

    @rule()
    def succeed(self) -> None:
        self.breaker, self.looking = self.breaker.succeeded(), 0

    @rule()
    def come_back(self) -> None:
        self.breaker, self.looking = self.breaker.given_up(), 0

    @invariant()
    def one_at_most_looks(self) -> None:
        assert self.looking <= 1
        assert self.breaker.probing == bool(self.looking)

    @invariant()
    def it_never_waits_for_ever(self) -> None:
        longest = self.now + timedelta(seconds=LONGEST_PAUSE)
        assert self.breaker.until is None or self.breaker.until <= longest


TestCircuit = Circuit.TestCase
