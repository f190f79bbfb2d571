"""How a conversation with a caller ends."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.network.services import Outcome


@dataclass(frozen=True, slots=True)
class Ending:
    """The outcome, and the words for it; no words when all went well."""

    outcome: Outcome
    diagnosis: str = ""


class Ended(Exception):
    """There will be no further event: leave whatever is going on."""

    def __init__(self, outcome: Outcome, diagnosis: str = "") -> None:
        super().__init__(diagnosis)
        self.ending = Ending(outcome, diagnosis)
