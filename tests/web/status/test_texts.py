from datetime import UTC, datetime

import pytest

from web.status.texts import _WORDS, LANGUAGES, Texts

EN, ES = Texts("en"), Texts("es")


def test_every_word_has_every_language() -> None:
    for word, said in _WORDS.items():
        assert len(said) == len(LANGUAGES), word
        assert all(said), word
        assert len({one.count("{}") for one in said}) == 1, word


def test_words() -> None:
    assert (EN("studies"), ES("studies")) == ("Studies", "Estudios")
    assert EN("ill_parts", "index") == "Not working: index"
    assert EN("level_new_one") == "level_new_one"


def test_names_of_parts() -> None:
    assert EN.parts(["index", "store alarm", "new"]) == "index, store alarm, new"
    assert ES.parts(["index", "database", "new"]) == "índice, base de datos, new"


def test_figures() -> None:
    assert (EN.number(1234567), ES.number(1234567)) == ("1,234,567", "1.234.567")
    assert EN.number(None) == "\N{EN DASH}"
    assert (EN.seconds(0.0123), ES.seconds(12.34)) == ("0.01 s", "12,3 s")


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 KiB"),
        (5 * 2**30, "5.0 GiB"),
        (812 * 2**30, "812 GiB"),
        (2**60, "1,024 PiB"),
    ],
)
def test_sizes(count: int, words: str) -> None:
    assert EN.size(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3600, "1 h 0 min"),
        (90000, "1 day 1 h"),
        (864000, "10 days 0 h"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert EN.duration(seconds) == words


def test_a_moment_is_on_the_wall_clock() -> None:
    moment = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    assert EN.moment(moment) == moment.astimezone().strftime("%Y-%m-%d %H:%M")
