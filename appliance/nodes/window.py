"""A daily span of local time in which something may happen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from appliance.errors import BadRequest

_FORM = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` until just before `end`; over midnight when `end` comes first."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> Window:
        """`22:00-06:00`. Raises `BadRequest`."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise BadRequest(f"'{text}' is no time window; write it like 22:00-06:00")
        hours, minutes, until_hours, until_minutes = map(int, found.groups())
        window = cls(time(hours, minutes), time(until_hours, until_minutes))
        if window.start == window.end:
            raise BadRequest(f"the time window '{text}' is empty; leave it out to mean always")
        return window

    def contains(self, local: datetime) -> bool:
        """Whether a moment on the clinic's clock lies inside."""
        moment = local.time()
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end

    def opens(self, local: datetime) -> datetime:
        """The first moment from `local` on that lies inside."""
        if self.contains(local):
            return local
        today = local.replace(
            hour=self.start.hour, minute=self.start.minute, second=0, microsecond=0
        )
        return today if today > local else today + timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"
