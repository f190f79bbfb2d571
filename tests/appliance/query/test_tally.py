"""Counting sub-operations."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.dicom.dimse import Element
from appliance.network.services import Answer
from appliance.query.tally import Tally


@given(st.lists(st.sampled_from([0x0000, 0x0111, 0xB000, 0xA700, 0xC000, 0xFE00])))
def test_nothing_is_lost(statuses: list[int]) -> None:
    tally = Tally(len(statuses))
    for number, status in enumerate(statuses):
        tally.answered(f"1.{number}", Answer(status))
    assert tally.remaining == 0
    assert tally.completed + tally.warning + tally.failed == len(statuses)
    assert len(tally.failed_uids) == tally.failed
    assert (tally.status() == 0) == all(one in (0, 0x0111) for one in statuses)
    assert (tally.failed_list() is None) == (tally.failed == 0)


def test_counts_and_statuses() -> None:
    tally = Tally(70_000)
    assert tally.counts()[Element.REMAINING_SUB_OPERATIONS] == 0xFFFF
    assert Element.REMAINING_SUB_OPERATIONS not in tally.counts(final=True)
    tally.answered("1", Answer(0xA700, "disk full"))
    assert "disk full" in tally.words
    assert tally.status() == 0xA702
    tally.answered("2", Answer(0))
    assert tally.status() == 0xB000
    tally.lost(2000)
    assert tally.failed_list().FailedSOPInstanceUIDList == "1"  # type: ignore[union-attr]


def test_a_long_list_of_failures_fits_its_element() -> None:
    tally = Tally(5000)
    for number in range(5000):
        tally.fail(f"{number:064}", "no")
    assert len(tally.failed_uids) == 1000
