"""From stored objects to orders: pure, quick, and not to be stopped by a bad rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from appliance.archive.model import IndexedInstance, Study
from appliance.nodes.model import Node
from appliance.routing.expression import Condition
from appliance.routing.model import Explanation, Fact, Rule
from appliance.routing.surroundings import Surroundings
from appliance.transfers.model import Order

# Reasons shown in a dry run; more would not be read.
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule that can be applied."""

    rule: Rule
    condition: Condition


@dataclass(frozen=True, slots=True)
class Trouble:
    """A rule could not be answered for an instance."""

    rule: str
    words: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What rules want, and where they failed."""

    orders: tuple[Order, ...]
    trouble: tuple[Trouble, ...]


def plan_instances(
    rules: Sequence[Compiled],
    instances: Sequence[IndexedInstance],
    node: Callable[[str], Node | None],
    local: datetime,
) -> Plan:
    """The orders of the rules per instance."""
    trouble: list[Trouble] = []
    wanted: dict[tuple[str, str], list[str]] = defaultdict(list)
    by_name = {one.rule.name: one.rule for one in rules}
    for one in rules:
        if one.rule.per != "instance":
            continue
        for instance in instances:
            holds, error = one.condition.holds(Surroundings(instance, local))
            if error:
                trouble.append(Trouble(one.rule.name, error))
            elif holds and not goes_back(one.rule, instance, node):
                wanted[one.rule.name, instance.study_uid].append(instance.sha256)
    orders = (_order(by_name[name], study, found) for (name, study), found in wanted.items())
    return Plan(tuple(orders), tuple(trouble))


def plan_study(
    rules: Sequence[Compiled],
    study: Study,
    instances: Sequence[IndexedInstance],
    node: Callable[[str], Node | None],
    local: datetime,
) -> Plan:
    """The orders of the rules per study, for a study that is complete."""
    trouble: list[Trouble] = []
    orders: list[Order] = []
    for one in rules:
        if one.rule.per != "study":
            continue
        holds, error = _any(one.condition, study, instances, local)
        if error:
            trouble.append(Trouble(one.rule.name, error))
        sent = [i.sha256 for i in instances if not goes_back(one.rule, i, node)] if holds else []
        if sent:
            orders.append(_order(one.rule, study.study_uid, sent))
    return Plan(tuple(orders), tuple(trouble))


def _any(
    condition: Condition, study: Study, instances: Sequence[IndexedInstance], local: datetime
) -> tuple[bool, str]:
    """Whether one of the images satisfies the condition; else the last trouble with it."""
    trouble = ""
    for instance in instances:
        holds, error = condition.holds(Surroundings(instance, local, study))
        if holds:
            return True, ""
        trouble = error or trouble
    return False, trouble


def _order(rule: Rule, study_uid: str, instances: Sequence[str]) -> Order:
    return Order(
        study_uid=study_uid,
        destination=rule.to,
        instances=tuple(instances),
        rule=rule.name,
        priority=rule.priority,
        window=str(rule.window or ""),
        timed=rule.per == "instance" and rule.window is None,
    )


def goes_back(rule: Rule, instance: IndexedInstance, node: Callable[[str], Node | None]) -> bool:
    """Whether a rule would return an object to where it came from: that makes circles."""
    destination = node(rule.to)
    return (
        destination is not None
        and not rule.back_to_source
        and instance.source != ""
        and destination.ae_title.strip() == instance.source.strip()
    )


def explain(
    rule: Compiled,
    study: Study,
    instances: Sequence[IndexedInstance],
    node: Callable[[str], Node | None],
    local: datetime,
) -> Explanation:
    """What a rule would do with the instances of a study, and why."""
    per_study = rule.rule.per == "study"
    seen = [Surroundings(one, local, study if per_study else None) for one in instances]
    matching = [one.instance for one in seen if rule.condition.holds(one)[0]]
    going = list(instances) if per_study and matching else matching
    sent = [one for one in going if not goes_back(rule.rule, one, node)]
    why = _reasons(rule, study, seen, going, sent, node)
    return Explanation(rule.rule.name, rule.rule.to, len(sent), len(instances), "; ".join(why))


def _reasons(
    rule: Compiled,
    study: Study,
    seen: Sequence[Surroundings],
    going: Sequence[IndexedInstance],
    sent: Sequence[IndexedInstance],
    node: Callable[[str], Node | None],
) -> list[str]:
    why = [] if rule.rule.enabled else ["the rule is switched off"]
    if node(rule.rule.to) is None:
        why.append(f"no node is called {rule.rule.to}: what it sends waits until there is one")
    if len(sent) < len(going):
        why.append(
            f"{len(going) - len(sent)} came from {rule.rule.to} itself and do not go back "
            "(a rule may allow it: back_to_source)"
        )
    if rule.rule.per == "study" and going and not study.complete:
        why.append("it goes when the study is complete")
    return why + (_positive(rule, seen) if going else _negative(rule, seen))


def _positive(rule: Compiled, seen: Sequence[Surroundings]) -> list[str]:
    first = next((one for one in seen if rule.condition.holds(one)[0]), None)
    return [fact.words() for fact in rule.condition.facts(first)] if first else []


def _negative(rule: Compiled, seen: Sequence[Surroundings]) -> list[str]:
    """The parts that failed, each kind once, with how often."""
    counts: dict[str, int] = defaultdict(int)
    for one in seen:
        for fact in _failed(rule.condition.facts(one)):
            counts[fact.words()] += 1
    ranked = sorted(counts.items(), key=lambda item: -item[1])[:_MOST_REASONS]
    many = len(seen) > 1
    return [f"{words}{f', in {count} of {len(seen)}' if many else ''}" for words, count in ranked]


def _failed(facts: Sequence[Fact]) -> list[Fact]:
    return [fact for fact in facts if not fact.holds]
