"""The routing rules, and what they would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from web.forms import RuleForm


@dataclass(frozen=True, slots=True)
class Rule:
    """Where images of one kind go."""

    name: str
    when: str  # CEL
    to: str  # a node's name
    per: Literal["instance", "study"]
    priority: int
    window: str | None
    note: str = ""  # why it does not work at present, in words


@dataclass(frozen=True, slots=True)
class Trial:
    """What one rule would do with one study."""

    study_uid: str
    rule: str  # "" for an expression that is no rule yet
    to: str
    matched: int  # instances it applies to
    instances: int  # of so many
    explanation: str


class Rules(Protocol):
    """The routing rules."""

    async def listed(self) -> list[Rule]: ...

    async def add(self, form: RuleForm) -> Rule: ...

    async def remove(self, name: str) -> None: ...

    async def test(self, study_uid: str | None, when: str | None) -> list[Trial]:
        """Dry run of every rule, or of `when`, on one study, or on the newest ones."""
        ...
