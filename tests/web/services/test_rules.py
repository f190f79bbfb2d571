"""What is known of a rule leaves as it is."""

from __future__ import annotations

from web.app import _Json
from web.services.rules import Rule, Trial


def test_a_rule_leaves_field_by_field() -> None:
    told = _Json.default(Rule("ct", "true", "PACS", "study", 3, "22:00-06:00"))
    assert list(told) == ["name", "when", "to", "per", "priority", "window", "note"]


def test_a_trial_leaves_field_by_field() -> None:
    told = _Json.default(Trial("1.2.3", "", "PACS", 2, 3, "it matches"))
    assert (told["rule"], told["matched"], told["instances"]) == ("", 2, 3)
