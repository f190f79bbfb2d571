"""The sub-operations of a C-MOVE or C-GET, counted (PS3.4 §C.4.2.1.4 to §C.4.2.1.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from appliance.dicom import statuses
from appliance.dicom.dimse import Element
from appliance.network.services import Answer
from appliance.query.keys import FAILED_SOP_INSTANCE_UID_LIST
from appliance.query.model import CANNOT_PERFORM, SOME_FAILED

# A value in explicit VR has at most 65,534 bytes, and a UID with its separator 65.
_MOST_LISTED = 1000
_MOST_COUNTED = 0xFFFF  # VR US


@dataclass(slots=True)
class Tally:
    """What became of so many instances."""

    remaining: int
    completed: int = 0
    warning: int = 0
    failed: int = 0
    failed_uids: list[str] = field(default_factory=list)
    words: str = ""  # of the first failure

    def answered(self, sop_instance_uid: str, answer: Answer) -> None:
        """The other side answered a C-STORE."""
        category = statuses.category(answer.status)
        if category == "success" or answer.status == statuses.DUPLICATE_INSTANCE:
            self.remaining -= 1
            self.completed += 1
        elif category == "warning":
            self.remaining -= 1
            self.warning += 1
        else:
            words = f"{statuses.words(answer.status)} {answer.comment}".strip()
            self.fail(sop_instance_uid, words)

    def fail(self, sop_instance_uid: str, words: str) -> None:
        """It was not sent, or not taken."""
        self.remaining -= 1
        self.failed += 1
        self.words = self.words or words
        if sop_instance_uid and len(self.failed_uids) < _MOST_LISTED:
            self.failed_uids.append(sop_instance_uid)

    def lost(self, count: int) -> None:
        """So many were let go of by the store between the question and their turn."""
        for _ in range(count):
            self.fail("", "it was let go meanwhile")

    def counts(self, *, final: bool = False) -> Mapping[Element, int | str]:
        """For a response; what remains is said in pending and cancelled ones only."""
        values: dict[Element, int | str] = {
            Element.COMPLETED_SUB_OPERATIONS: min(self.completed, _MOST_COUNTED),
            Element.FAILED_SUB_OPERATIONS: min(self.failed, _MOST_COUNTED),
            Element.WARNING_SUB_OPERATIONS: min(self.warning, _MOST_COUNTED),
        }
        if not final:
            values[Element.REMAINING_SUB_OPERATIONS] = min(self.remaining, _MOST_COUNTED)
        return values

    def status(self) -> int:
        """Of the final response, when nothing remains."""
        if not self.failed and not self.warning:
            return statuses.SUCCESS
        return SOME_FAILED if self.completed or self.warning else CANNOT_PERFORM

    def failed_list(self) -> Dataset | None:
        """The identifier of a response that is no success."""
        if not self.failed_uids:
            return None
        dataset = Dataset()
        dataset.add_new(FAILED_SOP_INSTANCE_UID_LIST, "UI", self.failed_uids)
        return dataset
