"""From objects to orders, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from appliance.archive.model import IndexedInstance, Patient, Study
from appliance.nodes.model import Node
from appliance.nodes.window import Window
from appliance.routing.expression import compile_condition
from appliance.routing.model import Rule
from appliance.routing.planning import Compiled, explain, plan_instances, plan_study
from appliance.transfers.model import Order

Image = Callable[..., IndexedInstance]
NOW = datetime(2024, 1, 15, 22, 30).astimezone()
NODES = {"pacs": Node("pacs", "PACS", "10.0.0.1", 104), "ct": Node("ct", "CT1", "10.0.0.7", 104)}
STUDY = Study("1.2.3", Patient(), modalities=("CT",), instances=2, complete=True)


def _rule(when: str = "true", to: str = "pacs", **more: object) -> Compiled:
    rule = replace(Rule("r", when, to), **more)  # type: ignore[arg-type]
    return Compiled(rule, compile_condition(when, per_study=rule.per == "study"))


def test_what_matches_is_ordered_by_study(image: Image) -> None:
    ct, mr = image(1), image(2, Modality="MR")
    other = image(3, StudyInstanceUID="1.9")
    plan = plan_instances([_rule("Modality == 'CT'")], [ct, mr, other], NODES.get, NOW)
    assert plan.orders == (
        Order("1.2.3", "pacs", (ct.sha256,), "r"),
        Order("1.9", "pacs", (other.sha256,), "r"),
    )


def test_every_rule_that_matches_sends(image: Image) -> None:
    both = [_rule(name="a", priority=5), _rule(name="b", to="elsewhere")]
    plan = plan_instances(both, [image()], NODES.get, NOW)
    assert [(one.rule, one.destination, one.priority) for one in plan.orders] == [
        ("a", "pacs", 5),
        ("b", "elsewhere", 0),
    ]


def test_hours_of_a_rule_go_with_its_orders(image: Image) -> None:
    window = Window.parse("22:00-06:00")
    [order] = plan_instances([_rule(window=window)], [image()], NODES.get, NOW).orders
    assert (order.window, order.timed) == ("22:00-06:00", False)


def test_nothing_goes_back_to_where_it_came_from(image: Image) -> None:
    rules = [_rule(to="ct")]
    assert plan_instances(rules, [image(source="CT1 ")], NODES.get, NOW).orders == ()
    assert plan_instances(rules, [image(source="CT2")], NODES.get, NOW).orders
    allowed = [_rule(to="ct", back_to_source=True)]
    assert plan_instances(allowed, [image(source="CT1")], NODES.get, NOW).orders


def test_trouble_with_one_image_is_noted_and_the_rest_goes(image: Image) -> None:
    rules = [_rule("SliceThickness > 1.0"), _rule(name="all")]
    plan = plan_instances(rules, [image(1, SliceThickness=None), image(2)], NODES.get, NOW)
    assert [(one.rule, len(one.instances)) for one in plan.orders] == [("r", 1), ("all", 2)]
    assert [one.rule for one in plan.trouble] == ["r"]


def test_a_study_goes_as_a_whole_once_one_image_satisfies(image: Image) -> None:
    images = [image(1, Modality="SR"), image(2)]
    rules = [_rule("Modality == 'CT'", per="study"), _rule()]
    [order] = plan_study(rules, STUDY, images, NODES.get, NOW).orders
    assert order.instances == (images[0].sha256, images[1].sha256)
    assert not order.timed
    none = plan_study([_rule("Modality == 'MR'", per="study")], STUDY, images, NODES.get, NOW)
    assert none.orders == ()


def test_trouble_with_a_study_is_noted(image: Image) -> None:
    rules = [_rule("SliceThickness > 1.0", per="study")]
    plan = plan_study(rules, STUDY, [image(SliceThickness=None)], NODES.get, NOW)
    assert (plan.orders, len(plan.trouble)) == ((), 1)


@pytest.mark.parametrize(
    ("rule", "matched", "words"),
    [
        (_rule("Modality == 'CT'"), 1, "Modality == 'CT' is true (Modality is 'CT')"),
        (
            _rule("Modality == 'US' && PatientSex == 'F'"),
            0,
            "Modality == 'US' is false (Modality is 'CT'), in 1 of 2",
        ),
        (_rule("Modality == 'CT'", per="study"), 2, "is true"),
        (_rule(to="nowhere"), 2, "no node is called nowhere"),
        (_rule(to="ct"), 0, "2 came from ct itself and do not go back"),
        (_rule(enabled=False), 2, "switched off"),
    ],
)
def test_a_dry_run_says_why(rule: Compiled, matched: int, words: str, image: Image) -> None:
    images = [image(1), image(2, Modality="MR")]
    found = explain(rule, STUDY, images, NODES.get, NOW)
    assert (found.matched, found.instances) == (matched, 2)
    assert words in found.why


def test_a_dry_run_of_an_incomplete_study(image: Image) -> None:
    study = replace(STUDY, complete=False)
    found = explain(_rule(per="study"), study, [image()], NODES.get, NOW)
    assert "when the study is complete" in found.why
