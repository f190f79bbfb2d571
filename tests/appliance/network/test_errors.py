from __future__ import annotations

from appliance.errors import PeerError
from appliance.network.errors import AssociationFailed


def test_a_failure_has_a_kind_for_programs_and_words_for_people() -> None:
    error = AssociationFailed("timeout", "it kept silent")
    assert isinstance(error, PeerError)
    assert (error.kind, str(error)) == ("timeout", "it kept silent")
