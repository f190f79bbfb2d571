"""Which UIDs are taken at their word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dicom.uids import stand_in, well_formed


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.1", "2.25.0", "1.02.3", "0", "9" * 64])
def test_digits_and_dots_are_taken(uid: str) -> None:
    assert well_formed(uid)


@pytest.mark.parametrize(
    "uid", ["", "1.2.x", "../../etc", "1.2\n", "1.2 ", "9" * 65, "\uff11.\uff12"]
)
def test_anything_else_is_not(uid: str) -> None:
    assert not well_formed(uid)


@given(st.text())
def test_a_stand_in_is_a_uid_and_always_the_same(text: str) -> None:
    assert well_formed(stand_in(text))
    assert stand_in(text) == stand_in(text)
    assert stand_in(text) != stand_in(text + "x")
