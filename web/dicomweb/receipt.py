"""What a store request is answered (PS3.18 10.5.3, Annex I)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from web.dicomweb.services import Announced, Kept

# PS3.18 Table I.2-2, and A901 for another study as other archives answer it.
PROCESSING_FAILURE = 0x0110
CANNOT_UNDERSTAND = 0xC000
# PS3.18 Table I.2-1: elements were not what was expected.
_CONFLICT = 0xB000


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object is found; empty when its beginning does not tell."""

    study: str = ""
    series: str = ""


@dataclass
class Receipt:
    """Grows with each object of a request."""

    base: str
    study: str
    stored: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    conflicts: int = 0

    def note(self, announced: Announced, kept: Kept, place: Place) -> None:
        item = {
            "00081150": _value("UI", announced.sop_class_uid),
            "00081155": _value("UI", announced.sop_instance_uid),
        }
        if kept.outcome == "failed":
            self.failed.append({**item, "00081197": _value("US", kept.status)})
            return
        if kept.outcome == "conflict":
            self.conflicts += 1
            item["00081196"] = _value("US", _CONFLICT)
        item["00081190"] = _value("UR", self._address(announced, place))
        self.stored.append(item)

    def not_understood(self, status: int = CANNOT_UNDERSTAND) -> None:
        """A part that is no DICOM object: there is no UID to name it by (PS3.18 Annex I)."""
        self.failed.append({"00081197": _value("US", status)})

    @property
    def status(self) -> int:
        """200 all, 202 some (or with a warning), 409 none (PS3.18 Table 10.5.3-1)."""
        if not self.stored:
            return 409
        return 202 if self.failed or self.conflicts else 200

    def dataset(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if self.study:
            made["00081190"] = _value("UR", f"{self.base}/studies/{self.study}")
        if self.failed:
            made["00081198"] = {"vr": "SQ", "Value": self.failed}
        if self.stored:
            made["00081199"] = {"vr": "SQ", "Value": self.stored}
        return made

    def headers(self) -> dict[str, str]:
        if not self.conflicts:
            return {}
        text = f"{self.conflicts} came under a UID that stands for other content too; both are kept"
        return {"Warning": f'299 arca "{text}"'}

    def _address(self, announced: Announced, place: Place) -> str:
        if not place.series:
            return f"{self.base}/studies/{self.study}" if self.study else ""
        series = f"{self.base}/studies/{place.study}/series/{place.series}"
        return f"{series}/instances/{announced.sop_instance_uid}"


def _value(vr: str, value: object) -> dict[str, Any]:
    return {"vr": vr, "Value": [value]} if value != "" else {"vr": vr}
