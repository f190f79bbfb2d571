from __future__ import annotations

import pytest

from appliance.dicom.dimse import Operation
from appliance.network.offer import Offer
from appliance.network.services import Dialogue, Provider
from tests.appliance.dicom.playbook import CT, VERIFICATION

_FIND, _GET = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.3"


async def _silent(dialogue: Dialogue) -> None:
    """Nobody asks here."""


_PROVIDERS = (
    Provider("find", frozenset({_FIND}), frozenset({Operation.C_FIND}), _silent, lambda wish: wish),
    Provider("get", frozenset({_GET}), frozenset({Operation.C_GET}), _silent),
)


@pytest.mark.parametrize(
    ("allowed", "supported", "used"),
    [
        (None, {VERIFICATION, CT, _FIND, _GET}, True),
        (frozenset(), {VERIFICATION}, False),
        (frozenset({"store"}), {VERIFICATION, CT}, False),
        (frozenset({"find"}), {VERIFICATION, _FIND}, False),
        (frozenset({"get"}), {VERIFICATION, CT, _GET}, True),
    ],
)
def test_what_is_allowed_is_supported(
    allowed: frozenset[str] | None, supported: set[str], used: bool
) -> None:
    policy = Offer(_PROVIDERS, allowed).policy(None)
    assert {uid for uid in (VERIFICATION, CT, _FIND, _GET) if policy.supports(uid)} == supported
    assert policy.uses(CT) is used
    assert not policy.uses(_FIND)


def test_the_room_negotiates_for_its_sop_class() -> None:
    policy = Offer(_PROVIDERS, None).policy(None)
    assert policy.extended(_FIND, b"\1") == b"\1"
    assert policy.extended(_GET, b"\1") == policy.extended(CT, b"\1") == b""


def test_a_caller_may_be_the_provider_where_the_room_says_so() -> None:
    both = Provider("commitment", frozenset({_FIND}), frozenset(), _silent, either_role=True)
    assert Offer((both,), None).policy(None).uses(_FIND)
    assert not Offer((both,), frozenset()).policy(None).uses(_FIND)
