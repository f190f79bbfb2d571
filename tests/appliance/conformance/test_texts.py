"""Every word in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import appliance.conformance.document as document
from appliance.conformance.texts import _WORDS, LANGUAGES, Texts


def test_every_word_that_is_used_is_known() -> None:
    source = Path(str(document.__file__)).read_text()
    asked = set(re.findall(r'texts\("(\w+)"', source))
    assert asked <= set(_WORDS)


def test_both_languages_have_the_same_blanks() -> None:
    assert all(en.count("{}") == es.count("{}") for en, es in _WORDS.values())
    assert [Texts(one)("network") for one in LANGUAGES] == ["Network", "Red"]
    assert Texts()("TLS") == "TLS"
