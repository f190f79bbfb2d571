"""A circuit breaker: when a destination fails, one looks whether it is back, the others wait."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from appliance.transfers import schedule


@dataclass(frozen=True, slots=True)
class Breaker:
    """The state of one circuit. Each method gives the state that follows."""

    failures: int = 0  # in a row
    until: datetime | None = None  # open until then; None: closed
    probing: bool = False  # somebody is looking now
    words: str = ""  # of the last failure

    def may_try(self, now: datetime) -> bool:
        """Whether one more association may be opened now."""
        return self.until is None or (not self.probing and now >= self.until)

    def tried(self) -> Breaker:
        """An association is being opened; through an open circuit it is the only one."""
        return self if self.until is None else replace(self, probing=True)

    def succeeded(self) -> Breaker:
        """The destination answered as it should: the circuit is closed."""
        return Breaker()

    def failed(self, now: datetime, words: str, random: schedule.Random) -> Breaker:
        """The destination failed; what was under way already when it did adds nothing."""
        if self.until is not None and not self.probing:
            return replace(self, words=words)
        failures = self.failures + 1
        return Breaker(failures, schedule.next_try(now, failures, random), words=words)

    def parked(self, now: datetime, words: str) -> Breaker:
        """Somebody must mend a setting: look only now and then whether that was done."""
        until = now + timedelta(seconds=schedule.PARKED_PAUSE)
        return Breaker(self.failures + 1, until, words=words)

    def given_up(self) -> Breaker:
        """The look ended without an answer to the question."""
        return replace(self, probing=False)
