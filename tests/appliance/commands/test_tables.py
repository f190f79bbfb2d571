import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.commands.tables import clean, duration, moment, print_facts, print_table, size


def test_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["NAME", "COUNT"], [["A", 7], ["Longer", 1234]], "none")
    assert capsys.readouterr().out == "NAME    COUNT\nA           7\nLonger   1234\n"


def test_wide_characters_and_accents_keep_the_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["NAME", "X"], [["山田", "a"], ["e\u0301", "b"]], "none")
    assert capsys.readouterr().out == "NAME  X\n山田  a\ne\u0301     b\n"


def test_nothing_to_show(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["NAME"], [], "No nodes.")
    assert capsys.readouterr().out == "No nodes.\n"


def test_facts(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts([("A", 1), ("Long", "x\x1by")])
    assert capsys.readouterr().out == "A     1\nLong  x\N{REPLACEMENT CHARACTER}y\n"


@given(st.text())
def test_what_is_shown_steers_no_terminal(text: str) -> None:
    assert clean(text).isprintable()


def test_what_is_harmless_stays() -> None:
    assert clean("Núñez^José 山田\u3000太郎") == "Núñez^José 山田 太郎"
    assert clean("a\u202eb\x9b1m\r\n") == "a�b�1m��"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (61.9, "1 min 1 s"), (90000, "1 d 1 h"), (3600, "1 h 0 min")]
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1536, "1.5 KiB"),
        (2 << 30, "2 GiB"),
        (1 << 62, "4,096 PiB"),
    ],
)
def test_sizes(count: int, words: str) -> None:
    assert size(count) == words


def test_moments() -> None:
    assert moment(None) == "-"
    assert len(moment("2026-03-01T12:00:00.123+00:00")) == len("2026-03-01 12:00:00")
