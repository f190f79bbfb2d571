"""What is known of a study leaves as it is."""

from __future__ import annotations

from web.app import _Json
from web.services.studies import ImportProgress, Study


def test_a_study_leaves_field_by_field() -> None:
    told = _Json.default(Study("P1", "Doe^Jane", "1.2.3", "", ("CT",), 3, complete=False))
    assert (told["modalities"], told["received"], told["complete"]) == (("CT",), None, False)


def test_an_import_is_not_done_until_it_says_so() -> None:
    assert not ImportProgress(1, 1, 0, 0, 0, 512, "a.dcm").done
