"""Errors are texts for a person, and say whose fault it is."""

from __future__ import annotations

import pytest

from appliance import errors
from storage.errors import StoreError


@pytest.mark.parametrize(
    "kind", ["ConfigError", "PeerError", "UnknownName", "NameTaken", "BadRequest"]
)
def test_every_error_can_be_caught_as_one(kind: str) -> None:
    error = getattr(errors, kind)("the text")
    assert isinstance(error, errors.ApplianceError)
    assert str(error) == "the text"


def test_bytes_at_risk_are_no_ordinary_error() -> None:
    assert not issubclass(StoreError, errors.ApplianceError)
