"""How one destination stands, and what each answer or failure makes of it. Knows no task."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from appliance import clock
from appliance.nodes.model import Node
from appliance.transfers import schedule
from appliance.transfers.breaker import Breaker
from appliance.transfers.classify import Class, Meaning
from appliance.transfers.model import Leased, Result, Standing


class Destination:
    """Pause, park and circuit of one destination."""

    def __init__(self, standing: Standing, up_since: datetime, random: schedule.Random) -> None:
        self.name = standing.destination
        self.paused = standing.paused
        self.parked = standing.parked
        self.up_since = up_since  # what came before waited for the destination, not for us
        self._breaker = Breaker()
        self._random = random
        self._due: set[datetime] = set()  # when put-off items may be tried again

    def may_send(self, node: Node | None, now: datetime) -> bool:
        """Whether anything may go there at present, its circuit apart."""
        if node is None or self.paused:
            return False
        return node.window is None or node.window.contains(clock.local(now))

    def may_start(self, now: datetime) -> bool:
        """Whether its circuit lets one more association be opened."""
        return self._breaker.may_try(now)

    def start(self) -> bool:
        """An association is being opened; whether it is the look through an open circuit."""
        self._breaker = self._breaker.tried()
        return self._breaker.probing

    def is_open_for(self, *, probing: bool) -> bool:
        """Whether who started may start again."""
        return self._breaker.until is None or (probing and self._breaker.probing)

    def ended(self, *, probing: bool) -> None:
        """Who started is back."""
        if probing and self._breaker.probing:
            self._breaker = self._breaker.given_up()

    def up(self, now: datetime) -> str:
        """It answered as it should; the trouble that is over, in words."""
        trouble = self.parked or self._breaker.words
        if trouble or self._breaker.until is not None:
            self._breaker = self._breaker.succeeded()
            self.parked = ""
            self.up_since = now
        return trouble

    def down(self, now: datetime, words: str) -> bool:
        """It failed; whether that is news."""
        news = self._breaker.until is None
        self._breaker = self._breaker.failed(now, words, self._random)
        return news

    def park(self, now: datetime, words: str) -> bool:
        """Somebody must mend a setting; whether that is news."""
        news = not self.parked
        self.parked = words
        self._breaker = self._breaker.parked(now, words)
        return news

    def forget(self) -> None:
        """Somebody wants it tried now, whatever happened before."""
        self.parked = ""
        self._breaker = Breaker()

    def result(self, item: Leased, meaning: Meaning, status: int, now: datetime) -> Result:
        """What an answer makes of an item."""
        result = Result(item, meaning.answer, now, status, meaning.words)
        if meaning.answer is Class.TRANSIENT:
            return replace(result, next_try=self._behind(item, now))
        if meaning.answer is Class.DATA and item.tries + 1 < meaning.tries:
            return replace(result, next_try=self._later(now, item.tries + 1))
        return result

    def broken_off(self, item: Leased, words: str, now: datetime) -> Result:
        """What becomes of an item that was half sent when its association failed."""
        return Result(item, Class.TRANSIENT, now, words=words, next_try=self._behind(item, now))

    def _behind(self, item: Leased, now: datetime) -> datetime:
        """After the circuit's pause and its own: one object must not hold up all others."""
        return self._later(max(self._breaker.until or now, now), item.tries + 1)

    def _later(self, moment: datetime, tries: int) -> datetime:
        return self.wait_until(schedule.next_try(moment, tries, self._random))

    def wait_until(self, due: datetime) -> datetime:
        """Remember to look again then."""
        # Whole seconds keep the set small, however much was put off.
        self._due.add(due.replace(microsecond=0) + timedelta(seconds=1))
        return due

    def next_look(self, node: Node | None, now: datetime) -> datetime | None:
        """The next moment at which something may have become possible."""
        self._due = {moment for moment in self._due if moment > now}
        moments = [*self._due]
        if self._breaker.until is not None:
            moments.append(self._breaker.until)
        if node is not None and node.window is not None:
            moments.append(node.window.opens(clock.local(now)))
        return min((moment for moment in moments if moment > now), default=None)

    def standing(self, node: Node | None) -> Standing:
        """For people."""
        parked = self.parked or ("" if node else no_such_node(self.name))
        return Standing(self.name, self.paused, parked, self._breaker.until, self._breaker.words)

    def in_time(self, stored_at: datetime) -> bool:
        """Whether an object stored then never had to wait for the destination."""
        return stored_at >= self.up_since


def no_such_node(name: str) -> str:
    return f"no node is called {name}: add it again, or cancel what waits for it"
