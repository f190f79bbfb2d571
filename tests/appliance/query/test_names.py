"""Person names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.archive.names import folded_groups
from appliance.query.names import loosened, name_matches, sounds_like
from appliance.query.patterns import like

YAMADA = "Yamada^Tarou=山田^太郎=やまだ^たろう"
HONG = "Hong^Gildong=洪^吉洞=홍^길동"


@pytest.mark.parametrize(
    ("wanted", "stored", "found"),
    [
        ("Doe^Jane", "DOE^JANE", True),
        ("Doe^Jane^^^", "Doe^Jane", True),
        ("Doe Jane", "Doe^Jane", True),
        ("Doe", "Doe^Jane", False),
        ("Doe*", "Doe^Jane", True),
        ("Doe^*", "Doe", True),
        ("Doe^*", "Doesmith^Jane", False),
        ("*^Jane", "^Jane", True),
        ("Muller*", "Müller^Jörg", True),
        ("MÜLLER^JORG", "Müller^Jörg", True),
        ("Strasse*", "Straße^Ida", True),
        ("D?e^*", "Doe^Jane", True),
        ("山田*", YAMADA, True),
        ("*たろう", YAMADA, True),
        ("Yamada*=山田*", YAMADA, True),
        ("=山田^太郎=", YAMADA, True),
        ("Yamada*=鈴木*", YAMADA, False),
        ("홍^길?", HONG, True),
        ("?^길동", HONG, True),
        ("홍^길??", HONG, False),
        ("Doe*", "", False),
    ],
)
def test_names(wanted: str, stored: str, found: bool) -> None:
    assert name_matches(wanted, stored, fuzzy=False) is found


@pytest.mark.parametrize(
    ("wanted", "stored", "found"),
    [
        ("Jane Doe", "Doe^Jane", True),
        ("Smyth", "Smith^John", True),
        ("Meier", "Mayer^Anna", True),
        ("Jan", "Doe^Jane", True),
        ("Schmidt^Otto", "Smith^John", False),
        ("太郎 山田", YAMADA, True),
    ],
)
def test_names_by_their_sound(wanted: str, stored: str, found: bool) -> None:
    assert name_matches(wanted, stored, fuzzy=True) is found
    assert sounds_like(wanted, stored) is found


_NAME = st.text("abÄéß^= 홍山", max_size=8)


@given(st.text("abÄéß^= *?홍山", max_size=6), _NAME)
def test_a_loosened_pattern_finds_what_the_pattern_finds(wanted: str, stored: str) -> None:
    if name_matches(wanted, stored, fuzzy=False) and wanted.strip("* ^="):
        loose = loosened(wanted) + "*"
        groups = folded_groups(stored)
        whole = " ".join(one for one in groups if one)
        assert any(like(loose, one) for one in groups) or like("*" + loose, whole)
