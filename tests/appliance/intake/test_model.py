"""What is refused, and where an object belongs."""

from __future__ import annotations

import pytest

from appliance.dicom.header import (
    SOP_CLASS_UID,
    SOP_INSTANCE_UID,
    STUDY_INSTANCE_UID,
    Header,
)
from appliance.dicom.uids import well_formed
from appliance.intake.model import Identity, check_header, check_identity, study_uid_of

GOOD = Identity("1.2.840.1", "1.2.3.4", "1.2.840.10008.1.2", {})


def _header(sop_class: bytes = b"1.2.840.1\0", instance: bytes = b"1.2.3.4\0") -> Header:
    return Header({SOP_CLASS_UID: sop_class, SOP_INSTANCE_UID: instance})


@pytest.mark.parametrize("uid", ["", "1.2.x", "../../etc/passwd", "1" * 65, "1.2\0"])
def test_a_name_that_is_no_uid_is_refused(uid: str) -> None:
    refusal = check_identity(Identity("1.2.840.1", uid, "1.2", {}))
    assert refusal is not None
    assert refusal.status == 0x0117
    refusal = check_identity(Identity(uid, "1.2.3", "1.2", {}))
    assert refusal is not None
    assert refusal.status == 0x0122


def test_agreement_is_accepted() -> None:
    assert check_identity(GOOD) is None
    assert check_header(GOOD, _header()) is None
    assert check_header(GOOD, _header(instance=b"")) is None


@pytest.mark.parametrize(
    ("header", "status", "element"),
    [
        (Header({}), 0xC000, SOP_CLASS_UID),
        (_header(sop_class=b"1.2.840.2\0"), 0xA900, SOP_CLASS_UID),
        (_header(instance=b"1.2.3.5\0"), 0xA900, SOP_INSTANCE_UID),
    ],
)
def test_contradictions_name_the_element(header: Header, status: int, element: int) -> None:
    refusal = check_header(GOOD, header)
    assert refusal is not None
    assert (refusal.status, refusal.offending_element) == (status, (element,))
    assert len(refusal.comment) <= 64


def test_objects_without_a_usable_study_get_a_stand_in() -> None:
    def study(raw: bytes, instance: str = "1.2.3.4") -> str:
        return study_uid_of(Identity("1", instance, "1", {}), Header({STUDY_INSTANCE_UID: raw}))

    assert study(b"1.2.3\0") == "1.2.3"
    assert well_formed(study(b""))
    assert study(b"", "1.2") != study(b"", "1.3")
    assert well_formed(study(b"../../x"))
    assert study(b"../../x", "1.2") == study(b"../../x", "1.3")
