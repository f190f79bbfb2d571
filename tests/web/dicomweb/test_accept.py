"""Which form is the best that a client accepts."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.dicomweb.accept import Form, accepted, choose, parse
from web.dicomweb.errors import Refused

MULTI, SINGLE = Form("multipart/related", "application/dicom"), Form("application/dicom")


def test_a_media_type_is_taken_apart() -> None:
    [one] = parse('Multipart/Related; type="application/dicom"; transfer-syntax=*;q=0.5')
    assert (one.name, one.inner, one.transfer_syntax, one.q) == (
        "multipart/related",
        "application/dicom",
        "*",
        0.5,
    )
    assert parse('a/b; c="d,\\"e;"')[0].parameters == {"c": 'd,"e;'}


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("*/*", MULTI),
        ("application/*", SINGLE),
        ("multipart/related", MULTI),
        ('multipart/related; type="*/*"', MULTI),
        ('application/dicom; q=0.9, multipart/related; type="application/dicom"; q=0.8', SINGLE),
        ("text/html, application/dicom;q=0.1", SINGLE),
    ],
)
def test_the_best_form(header: str, form: Form) -> None:
    assert choose(accepted(header, None), (MULTI, SINGLE))[0] is form


def test_none_of_them() -> None:
    for header in ("text/html", "application/dicom;q=0", 'multipart/related; type="image/jpeg"'):
        with pytest.raises(Refused) as refused:
            choose(accepted(header, None), (MULTI, SINGLE))
        assert refused.value.status == 406


def test_the_address_goes_before_the_header() -> None:
    assert choose(accepted("text/html", "application/dicom"), (SINGLE,))[0] is SINGLE


@pytest.mark.parametrize("text", ["x", "a/b;q=2", "a/b;q=x", "a/b c", 'a/b;c="d', "a/b" * 5000])
def test_what_is_no_media_type(text: str) -> None:
    with pytest.raises(Refused):
        parse(text)


@given(st.text(max_size=60))
def test_rubbish_is_refused_or_read(text: str) -> None:
    with suppress(Refused):
        parse(text)
