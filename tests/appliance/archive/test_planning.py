"""Without hooks nothing is ordered."""

from __future__ import annotations

from appliance.archive.model import Patient, Study
from appliance.archive.planning import Planning


async def test_the_defaults_order_nothing() -> None:
    planning = Planning()
    assert planning.instances([]) == ()
    assert planning.study(Study("1.2.3", Patient()), []) == ()
    assert await planning.add_orders([]) is None
    assert planning.wants_studies()
    planning.ordered()
