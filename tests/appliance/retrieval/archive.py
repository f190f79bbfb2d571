"""Another archive, that can be told to lie: pynetdicom as the peer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import AE, evt

from appliance.retrieval.model import FIND, GET, MOVE

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
STUDY, SERIES = "1.2.3", "1.2.3.1"


def image(number: int) -> Dataset:
    one = Dataset()
    one.file_meta = Dataset()
    one.file_meta.TransferSyntaxUID = EXPLICIT
    one.SOPClassUID, one.SOPInstanceUID = CT, f"{SERIES}.{number}"
    one.StudyInstanceUID, one.SeriesInstanceUID = STUDY, SERIES
    one.PatientID, one.PatientName, one.Modality = "P1", "Doe^Jane", "CT"
    one.StudyDate = "20260228"
    return one


@dataclass
class Archive:
    """One study of some images; `lies` say how it misbehaves."""

    images: list[Dataset] = field(default_factory=lambda: [image(n) for n in range(1, 4)])
    lies: set[str] = field(default_factory=set)
    destinations: dict[str, tuple[str, int]] = field(default_factory=dict)
    asked: list[Dataset] = field(default_factory=list)
    withheld: set[str] = field(default_factory=set)  # not sent the first time
    sending: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)  # by a C-CANCEL

    def __enter__(self) -> Archive:
        entity = AE("PACS")
        refused = {"no get": GET, "nobody may ask": FIND}
        for uid in {FIND, MOVE, GET} - {refused[lie] for lie in self.lies & refused.keys()}:
            entity.add_supported_context(uid)
        if "no storage" not in self.lies:
            entity.add_supported_context(CT, scu_role=True, scp_role=True)
        entity.add_requested_context(CT)
        handlers = [
            (evt.EVT_C_FIND, self._find),
            (evt.EVT_C_GET, self._get),
            (evt.EVT_C_MOVE, self._move),
        ]
        self._server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        self.port = self._server.server_address[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()

    def _find(self, event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        asked = event.identifier
        self.asked.append(asked)
        if "no find" in self.lies:
            yield 0xC000, None
            return
        level = asked.QueryRetrieveLevel
        if level != "STUDY" and "only studies" in self.lies:
            yield 0xA900, None
            return
        seen = set()
        for one in self.images:
            answer = Dataset()
            answer.StudyInstanceUID = one.StudyInstanceUID
            key = one.StudyInstanceUID
            if level == "STUDY":
                answer.PatientName = one.PatientName
                if "counts nothing" not in self.lies:
                    answer.NumberOfStudyRelatedInstances = len(self.images)
            if level in ("SERIES", "IMAGE"):
                answer.SeriesInstanceUID = key = one.SeriesInstanceUID
            if level == "IMAGE":
                answer.SOPInstanceUID = key = one.SOPInstanceUID
                answer.SOPClassUID = one.SOPClassUID
            if key not in seen or "duplicates" in self.lies:
                seen.add(key)
                yield 0xFF00, answer
            if level == "IMAGE" and "stops in the middle" in self.lies:
                yield 0xC000, None
                return

    def _chosen(self, event: evt.Event) -> list[Dataset]:
        wanted = event.identifier
        self.asked.append(wanted)
        uids = wanted.get("SOPInstanceUID") or [one.SOPInstanceUID for one in self.images]
        uids = [uids] if isinstance(uids, str) else list(uids)
        chosen = [one for one in self.images if one.SOPInstanceUID in uids]
        sent = [one for one in chosen if one.SOPInstanceUID not in self.withheld]
        if "withholds for ever" not in self.lies:
            self.withheld = set()
        return sent

    def _get(self, event: evt.Event) -> Iterator[Any]:
        chosen = self._chosen(event)
        if "success with nothing" in self.lies:
            yield 0
            return
        yield len(chosen)
        for one in chosen:
            yield 0xFF00, one
            if "hangs up once" in self.lies:
                self.lies.discard("hangs up once")
                event.assoc.abort()
                return

    def _move(self, event: evt.Event) -> Iterator[Any]:
        chosen = self._chosen(event)
        if event.move_destination not in self.destinations:
            yield None, None
            return
        yield self.destinations[event.move_destination]
        yield len(chosen)
        for one in chosen:
            yield 0xFF00, one
            self.sending.set()
            while "never ends" in self.lies:
                if event.is_cancelled:
                    self.cancelled.set()
                    yield 0xFE00, None
                    return
                time.sleep(0.01)
