"""Character sets: the standard's own examples, and bytes that nobody promised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dicom.text import (
    PersonName,
    charsets,
    decode,
    folded,
    folded_name,
    name_groups,
)

# PS3.5 Annexes H to K.
EXAMPLES = [
    (rb"ISO_IR 100", b"Buc^J\xe9r\xf4me", "Buc^Jérôme"),
    (
        rb"\ISO 2022 IR 87",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ),
    (
        rb"ISO 2022 IR 13\ISO 2022 IR 87",
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J="
        b"\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ),
    (
        rb"\ISO 2022 IR 149",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7="
        b"\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    ),
    (
        rb"ISO_IR 192",
        b"Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1",
        "Wang^XiaoDong=王^小東",
    ),
    (rb"GB18030", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东"),
    (
        rb"\ISO 2022 IR 58",
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
        "Zhang^XiaoDong=张^小东=",
    ),
    (rb"ISO_IR 126", b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"),
    (rb"ISO_IR 203", b"\xbcuvre", "Œuvre"),
    (rb"ISO_IR 166", b"\xb9\xd2\xc2", "นาย"),
]


@pytest.mark.parametrize(("term", "raw", "text"), EXAMPLES)
def test_the_standards_examples(term: bytes, raw: bytes, text: str) -> None:
    assert decode(raw, charsets(term)) == text


@pytest.mark.parametrize("term", [b"ISO IR 100", b"ISO_IR_100", b"iso-ir 100 ", b"ISO_IR 100\0"])
def test_common_slips_are_understood(term: bytes) -> None:
    assert decode(b"J\xe9r\xf4me", charsets(term)) == "Jérôme"


def test_an_unknown_character_set_is_read_as_western() -> None:
    assert decode(b"J\xe9r\xf4me", charsets(b"KLINGON")) == "Jérôme"


def test_what_cannot_be_read_is_marked_not_lost() -> None:
    assert decode(b"M\xfcller", charsets(b"ISO_IR 192")) == "M\ufffdller"


def test_an_unknown_escape_sequence_drives_no_terminal() -> None:
    assert decode(b"Doe\x1b[31m^Jane\x07\x00 ") == "Doe1m^Jane"


@given(st.binary(max_size=600), st.binary(max_size=40))
def test_any_bytes_give_printable_text(raw: bytes, term: bytes) -> None:
    text = decode(raw, charsets(term))
    assert not {"\0", "\x1b", "\x9b"} & set(text)
    text.encode()  # no lone surrogates: every database takes it


def test_component_groups_of_a_name() -> None:
    name = PersonName.parse("Yamada^Tarou=山田^太郎=やまだ^たろう")
    assert (name.alphabetic, name.ideographic, name.phonetic) == (
        "Yamada^Tarou",
        "山田^太郎",
        "やまだ^たろう",
    )
    assert PersonName.parse("") == PersonName()


def test_searching_knows_neither_case_nor_accents() -> None:
    assert folded("Müller^JÉRÔME^^Dr.") == "muller jerome dr"
    assert folded("^^^") == ""


def test_names_for_comparing() -> None:
    assert name_groups("Doe^Jane= =x") == ["Doe^Jane", "", "x"]
    assert name_groups("==") == [""]
    assert folded_name("Müller ^ JÖRG^^") == "muller^jorg"
