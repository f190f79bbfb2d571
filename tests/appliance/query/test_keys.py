"""The table of attributes."""

from __future__ import annotations

from pydicom.datadict import dictionary_VR

from appliance.archive.criteria import FIELDS
from appliance.archive.search import SUMS
from appliance.query.keys import ABOUT, ATTRIBUTES, MOMENTS, UNIQUE, reaches


def test_every_attribute_is_the_standards_and_the_indexs() -> None:
    for tag, attribute in ATTRIBUTES.items():
        assert dictionary_VR(tag) == attribute.vr, hex(tag)
        known = FIELDS[attribute.field].level if attribute.field in FIELDS else None
        assert attribute.level == (known or SUMS[attribute.field])
    assert not ABOUT & set(ATTRIBUTES)
    assert all(tag in ATTRIBUTES for pair in MOMENTS for tag in pair)


def test_levels() -> None:
    assert reaches("IMAGE", UNIQUE["PATIENT"])
    assert not reaches("STUDY", UNIQUE["SERIES"])
