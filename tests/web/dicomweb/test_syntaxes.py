"""Which transfer syntax an object or a frame is sent in."""

from __future__ import annotations

import pytest

from web.dicomweb.accept import parse
from web.dicomweb.syntaxes import EXPLICIT, OCTETS, frame_form, media_of, target_for

IMPLICIT, JPEG, JP2 = "1.2.840.10008.1.2", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90"


def converts(source: str, target: str) -> bool:
    return target in (EXPLICIT, JP2)


@pytest.mark.parametrize(
    ("stored", "accept", "target"),
    [
        (EXPLICIT, "application/dicom", EXPLICIT),
        (IMPLICIT, "application/dicom", EXPLICIT),
        (IMPLICIT, "application/dicom; transfer-syntax=*", IMPLICIT),
        (JP2, "application/dicom", EXPLICIT),
        (JPEG, "application/dicom", JPEG),  # its loss is not hidden
        (JPEG, f"application/dicom; transfer-syntax={EXPLICIT}", EXPLICIT),
        (JPEG, f"a/b; transfer-syntax={IMPLICIT}, a/b; transfer-syntax={JP2}", JP2),
        (JPEG, f"a/b; transfer-syntax={IMPLICIT}", None),
    ],
)
def test_objects(stored: str, accept: str, target: str | None) -> None:
    assert target_for(stored, parse(accept), converts) == target


@pytest.mark.parametrize(
    ("stored", "accept", "form"),
    [
        (JP2, "*/*", (OCTETS, EXPLICIT)),
        (JP2, "image/*", ("image/jp2", JP2)),
        (JP2, f'multipart/related; type="{OCTETS}"; transfer-syntax=*', ("image/jp2", JP2)),
        (JP2, "image/jpeg", None),
        (IMPLICIT, OCTETS, (OCTETS, EXPLICIT)),
        (IMPLICIT, "image/jpeg", None),
    ],
)
def test_frames(stored: str, accept: str, form: tuple[str, str] | None) -> None:
    assert frame_form(stored, parse(accept)) == form


def test_media_types() -> None:
    assert (media_of(JPEG), media_of(IMPLICIT), media_of("9.9")) == ("image/jpeg", OCTETS, OCTETS)
