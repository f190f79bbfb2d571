from __future__ import annotations

import struct
from dataclasses import FrozenInstanceError

import pytest

from appliance.dicom.dimse import Command, Element
from appliance.network.services import Answer, Caller, Verdict


def test_what_passes_the_seam_are_values() -> None:
    assert Caller("A", "B", "host", 1) == Caller("A", "B", "host", 1, "", ())
    with pytest.raises(FrozenInstanceError):
        Answer(0).status = 1  # type: ignore[misc]


def test_a_refusal_without_more_is_permanent_and_says_nothing() -> None:
    verdict = Verdict(accept=False)
    assert (verdict.result, verdict.source, verdict.diagnostic) == (1, 1, 1)


def test_what_goes_beside_the_status_is_read() -> None:
    elements: dict[int, bytes] = {
        Element.STATUS: b"\0\xa9",
        Element.ERROR_COMMENT: b"no such tag ",
        Element.OFFENDING_ELEMENT: struct.pack("<HHHH", 0x10, 0x20, 0x8, 0x18),
    }
    assert Answer.read(Command(elements)) == Answer(0xA900, "no such tag", (0x100020, 0x80018))
    assert Answer.read(Command({})).status == 0x0110
