"""Rules and what they decide, as values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from appliance.errors import BadRequest
from appliance.nodes.window import Window
from appliance.transfers.model import ORDINARY

Per: TypeAlias = Literal["instance", "study"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,62}")
LOWEST, HIGHEST = -100, 100


@dataclass(frozen=True, slots=True)
class Rule:
    """What goes where, and when.

    Per instance each image is judged as it comes. Per study nothing goes before the study
    is complete; then all of it goes as soon as one of its images satisfies the rule.
    """

    name: str
    when: str  # CEL
    to: str  # a node's name
    per: Per = "instance"
    priority: int = ORDINARY  # the higher goes first
    window: Window | None = None  # it sends only then; None: always
    back_to_source: bool = False  # also to the AE title that an image came from
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Fact:
    """A part of a rule's condition, what it came to, and the values it saw."""

    expression: str
    holds: bool
    seen: Mapping[str, str]
    error: str = ""

    def words(self) -> str:
        if self.error:
            return f"{self.expression} cannot be answered: {self.error}"
        seen = ", ".join(f"{name} is {value}" for name, value in self.seen.items())
        verdict = "is true" if self.holds else "is false"
        return f"{self.expression} {verdict}" + (f" ({seen})" if seen else "")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one rule would do with one study, and why."""

    rule: str
    to: str
    matched: int  # instances it would send
    instances: int  # of so many
    why: str


def checked(rule: Rule) -> Rule:
    """The rule itself when its plain fields make sense. Raises `BadRequest`."""
    if not _NAME.fullmatch(rule.name):
        raise BadRequest(
            f"rule name '{rule.name}': use 1 to 63 letters, digits, spaces, dots, dashes or "
            "underscores, a letter or digit first"
        )
    if not LOWEST <= rule.priority <= HIGHEST:
        raise BadRequest(f"priority {rule.priority}: give a number from {LOWEST} to {HIGHEST}")
    return rule
