from __future__ import annotations

from appliance.network.ending import Ended, Ending


def test_what_ends_a_conversation_carries_how_it_ended() -> None:
    assert Ended("broken", "words").ending == Ending("broken", "words")
