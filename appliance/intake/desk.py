"""What all objects on their way in share: the store, the threads, and the book-keeping."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import trio

from appliance import clock
from appliance.dicom.header import STUDY_INSTANCE_UID, Header
from appliance.intake.model import (
    MISMATCH,
    NOT_UNDERSTOOD,
    SUCCESS,
    Identity,
    Refusal,
    Settings,
    uid_in,
)
from appliance.intake.quarantine import Quarantine, Quarantined
from appliance.journal.model import Severity
from appliance.journal.service import Journal
from appliance.meter import Meter
from appliance.network.services import Answer
from storage.store import Entry, Outcome, Receipt, Store

_MOST_NAMED = 10  # copies of a conflict in its event
_LABELS = {MISMATCH: "mismatch", NOT_UNDERSTOOD: "not_understood"}


class Desk:
    """Answers for objects and writes down what became of them; from any thread."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        meter: Meter,
        quarantine: Path,
        settings: Settings,
        on_stored: Callable[[Entry, Header], None],
        now: clock.Clock,
    ) -> None:
        self.store = store
        self.meter = meter
        self.largest_object = settings.largest_object
        self.threads = trio.CapacityLimiter(settings.threads)
        self._journal = journal
        self._quarantine = Quarantine(quarantine, settings.quarantine)
        self._on_stored = on_stored
        self._now = now

    def begin_quarantine(self) -> Quarantined:
        """Blocks."""
        return self._quarantine.begin(f"{self._now():%Y%m%d-%H%M%S}-{clock.fresh_name()}")

    def kept(self, identity: Identity, receipt: Receipt, header: Header) -> Answer:
        """It is durable: count it, tell the archive, say so."""
        self.meter.objects.labels(receipt.outcome.value).inc()
        if receipt.outcome is Outcome.DUPLICATE:
            return Answer(SUCCESS)
        self.meter.bytes.inc(receipt.entry.size)
        self._on_stored(receipt.entry, header)
        if receipt.outcome is Outcome.CONFLICT:
            self._conflict(identity, receipt)
        if receipt.entry.group != uid_in(header, STUDY_INSTANCE_UID):
            self._stand_in(identity, receipt.entry)
        return Answer(SUCCESS, conflict=receipt.outcome is Outcome.CONFLICT)

    def refused(self, identity: Identity, refusal: Refusal, aside: Path | None) -> Answer:
        """It is not kept: count it, write down why, say so."""
        self.meter.objects.labels(_LABELS.get(refusal.status, "refused")).inc()
        details = dict(identity.notes) | {"status": f"{refusal.status:04X}"}
        if aside is not None:
            details["quarantine"] = aside.name
        self._journal.note(
            "object.refused",
            f"An object was refused with {refusal.status:04X}: {refusal.comment}",
            severity=Severity.WARNING,
            subject=identity.sop_instance_uid,
            details=details,
        )
        return Answer(refusal.status, refusal.comment, refusal.offending_element)

    def broke_off(self) -> None:
        """A transfer ended in the middle of an object; the sender was not told that it is here."""
        self.meter.objects.labels("broken").inc()

    def _conflict(self, identity: Identity, receipt: Receipt) -> None:
        self._journal.note(
            "object.conflict",
            "The same SOP Instance UID came with other content. Both are kept; find out which "
            "device uses the UID twice",
            severity=Severity.ALARM,
            subject=identity.sop_instance_uid,
            details=dict(identity.notes)
            | {"study": receipt.entry.group, "sha256": receipt.entry.sha256}
            | _kept_before(receipt),
        )

    def _stand_in(self, identity: Identity, entry: Entry) -> None:
        self._journal.note(
            "object.without_study",
            "An object has no usable Study Instance UID; it is listed under one made for it",
            subject=entry.group,
            details=dict(identity.notes) | {"sop_instance": identity.sop_instance_uid},
        )


def _kept_before(receipt: Receipt) -> dict[str, str]:
    """A device gone mad may send thousands under one UID: some of them say enough."""
    others = receipt.others
    named = " ".join(other.sha256 for other in others[:_MOST_NAMED])
    return {"kept_before": named, "copies_before": str(len(others))}
