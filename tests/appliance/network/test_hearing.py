"""See test_channel: the two sides of one report."""

from __future__ import annotations

from appliance.dicom import dimse
from appliance.dicom.dimse import Element, Operation
from appliance.dicom.negotiation import Context
from appliance.network.hearing import Report


def test_a_report_is_a_value() -> None:
    raw = dimse.message(Operation.N_EVENT_REPORT, {Element.EVENT_TYPE_ID: 1}, has_data=False)
    report = Report(dimse.decode(raw), Context(1, "1.2", "1.2.840.10008.1.2"), b"")
    assert report.command.number(Element.EVENT_TYPE_ID) == 1
