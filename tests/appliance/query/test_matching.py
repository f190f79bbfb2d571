"""Values against keys."""

from __future__ import annotations

import pytest

from appliance.query.identifier import Key
from appliance.query.matching import check_values, items_match, key_matches, value_matches
from appliance.query.model import Options, Refused

PLAIN = Options()


@pytest.mark.parametrize(
    ("vr", "wanted", "stored", "found"),
    [
        ("LO", "", "x", True),
        ("LO", "*", "", True),
        ("LO", "abc", "abc ", True),
        ("LO", "abc", "ABC", False),
        ("LO", "a?c", "abc", True),
        ("LO", "?*", "", False),
        ("SH", "a*", "abc", True),
        ("UI", "1.2", "1.2", True),
        ("UI", "1.2\\1.3", "1.3", True),
        ("UI", "1.*", "1.3", False),
        ("CS", "CT\\MR", "PT\\MR", True),
        ("IS", "1", "01", True),
        ("IS", "1", "2", False),
        ("DS", "5", "5.000", True),
        ("DA", "20240101-20240131", "20240115", True),
        ("DA", "20240101", "", False),
        ("TM", "10", "1000", True),
        ("TM", "10", "1001", False),
        ("TM", "1000-1030", "10:15:00", True),
        ("DT", "20240115-20240116", "20240115101500.5", True),
        ("PN", "doe*", "Doe^Jane", True),
        ("OB", "x", "y", False),
    ],
)
def test_values(vr: str, wanted: str, stored: str, found: bool) -> None:
    asked = [one for one in wanted.split("\\") if one]
    assert value_matches(vr, asked, stored.split("\\"), PLAIN) is found


def test_asking_for_nothing_where_that_was_negotiated() -> None:
    assert value_matches("LO", ['""'], [""], Options(empty=True))
    assert not value_matches("LO", ['""'], ["x"], Options(empty=True))
    assert not value_matches("LO", ['""'], [""], PLAIN)


def _item(**values: str) -> tuple[Key, ...]:
    return tuple(Key(int(tag[1:], 16), "SH", (value,)) for tag, value in values.items())


def test_sequences() -> None:
    stored = [{1: Key(1, "SH", ("a",)), 2: Key(2, "SH", ("b",))}, {1: Key(1, "SH", ("c",))}]
    assert items_match([_item(x1="a", x2="b")], stored, PLAIN)
    assert not items_match([_item(x1="c", x2="b")], stored, PLAIN)
    assert items_match([], stored, PLAIN)
    assert items_match([(Key(1, "SH"),)], [], PLAIN)
    key = Key(9, "SQ", items=(_item(x1="a"),))
    there = Key(9, "SQ", items=((Key(1, "SH", ("a",)),),))
    assert key_matches(key, there, PLAIN)
    assert not key_matches(key, None, PLAIN)
    assert key_matches(Key(9, "LO"), None, PLAIN)


def test_dates_that_are_none() -> None:
    check_values([Key(1, "DA", ("20240101-",)), Key(2, "TM", ("*",)), Key(3, "DA", ('""',))])
    nested = Key(9, "SQ", items=((Key(0x00400002, "DA", ("soon",)),),))
    with pytest.raises(Refused, match=r"\(0040,0002\): 'soon'"):
        check_values([nested])
