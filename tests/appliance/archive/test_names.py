"""Names for searching."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.archive.names import folded_groups, sound, sounds, words


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("robert", "r163"),
        ("rupert", "r163"),
        ("ashcraft", "a261"),
        ("tymczak", "t522"),
        ("pfister", "p236"),
        ("lee", "l000"),
        ("太郎", ""),
        ("", ""),
        ("7", ""),
    ],
)
def test_the_code_of_the_census(word: str, code: str) -> None:
    assert sound(word) == code


def test_groups_and_sounds() -> None:
    assert folded_groups("Müller^Jörg=山田") == ("muller jorg", "山田", "")
    assert sounds("Doe^Jane") == " d000 j500 "
    assert sounds("山田") == ""
    assert words("Doe^Jane, Dr.") == ["doe", "jane", "dr"]


@given(st.text(max_size=100))
def test_any_name(name: str) -> None:
    assert all(len(code) == 4 for code in sounds(name).split())
