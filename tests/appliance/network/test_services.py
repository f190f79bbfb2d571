from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from appliance.network.services import Answer, Caller, Verdict


def test_what_passes_the_seam_are_values() -> None:
    assert Caller("A", "B", "host", 1) == Caller("A", "B", "host", 1, "", ())
    with pytest.raises(FrozenInstanceError):
        Answer(0).status = 1  # type: ignore[misc]


def test_a_refusal_without_more_is_permanent_and_says_nothing() -> None:
    verdict = Verdict(accept=False)
    assert (verdict.result, verdict.source, verdict.diagnostic) == (1, 1, 1)
