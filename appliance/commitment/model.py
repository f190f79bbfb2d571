"""Requests for storage commitment and their reports as values, and what is decided about them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from appliance.dicom import statuses
from appliance.dicom.uids import well_formed

# The SOP class, its only instance, and the only action (PS3.4 J.3.5, Table J.3-1).
PUSH_MODEL = "1.2.840.10008.1.20.1"
PUSH_MODEL_INSTANCE = "1.2.840.10008.1.20.1.1"
REQUEST_ACTION = 1
ALL_THERE, FAILURES_EXIST = 1, 2  # event types (PS3.4 Table J.3-2)

# As many as a data set of 8 MiB can name.
MOST_REFERENCES = 100_000
# What may be open at the same time, of all callers together.
MOST_OPEN = 1_000_000

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
_MOST_RESENDS = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """How commitment works; times in seconds."""

    same_association_seconds: float = 5.0  # a report this young goes over its own association
    verify_rate: int = 64 << 20  # bytes per second that are read back
    patience: timedelta = timedelta(days=1)  # for a report to be taken, or to come
    poll_seconds: float = 30.0  # what is due is noticed this late at most


@dataclass(frozen=True, slots=True)
class Reference:
    """An object, as a request or a report names it."""

    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class Request:
    """What an N-ACTION asks for."""

    transaction_uid: str
    references: tuple[Reference, ...]

    @property
    def content(self) -> str:
        """Equal for equal lists, in whatever order."""
        names = sorted(f"{one.sop_class_uid} {one.sop_instance_uid}" for one in self.references)
        return hashlib.sha256("\n".join(names).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Report:
    """What an N-EVENT-REPORT says: what is kept, and what is not for which reason."""

    transaction_uid: str
    stored: tuple[Reference, ...] = ()
    failed: tuple[tuple[Reference, int], ...] = ()

    @property
    def event_type(self) -> int:
        return FAILURES_EXIST if self.failed else ALL_THERE


class Stage(IntEnum):
    """How far a request of somebody is."""

    VERIFYING = 0
    REPORTING = 1
    REPORTED = 2
    GIVEN_UP = 3  # nobody took the report


class Step(IntEnum):
    """How far an inquiry of ours is."""

    NEW = 0  # a transfer has ended, its objects are not listed yet
    ASKING = 1
    AWAITING = 2  # the node has the request and owes us a report
    ANSWERED = 3
    UNCONFIRMED = 4  # no report came in time


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of somebody, with what is known so far."""

    id: int
    request: Request
    calling_ae_title: str
    called_ae_title: str
    host: str
    received: datetime
    reasons: tuple[int, ...] = ()  # of the first references: 0, or why not
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A request of ours to a node."""

    id: int
    node: str
    study_uid: str
    transfer: int
    request: Request
    items: tuple[int, ...]  # of the transfer, in the order of the references
    created: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Transaction:
    """Either one, as it is shown."""

    transaction_uid: str
    direction: str  # "in": somebody asks us; "out": we ask
    peer: str
    state: str
    instances: int
    failed: int
    began: datetime
    closed: datetime | None
    next_try: datetime | None
    last_error: str


def objection(request: Request) -> str:
    """Why a request cannot be worked on, in words; "" when it can."""
    if not well_formed(request.transaction_uid):
        return "There is no Transaction UID"
    if not request.references:
        return "The Referenced SOP Sequence is empty"
    if len(request.references) > MOST_REFERENCES:
        return f"More than {MOST_REFERENCES} references"
    for one in request.references:
        if not well_formed(one.sop_class_uid) or not well_formed(one.sop_instance_uid):
            return "A reference has no SOP Class or Instance UID"
    return ""


def report_of(request: Request, reasons: Sequence[int]) -> Report:
    """The report on a request whose references were judged so, in their order."""
    judged = list(zip(request.references, reasons, strict=True))
    return Report(
        request.transaction_uid,
        tuple(one for one, reason in judged if not reason),
        tuple((one, reason) for one, reason in judged if reason),
    )


def reasons_in(report: Report, request: Request) -> list[int]:
    """What a report says of each reference: 0, or why not; silence is no promise."""
    failed: Mapping[str, int] = {
        one.sop_instance_uid: reason or statuses.PROCESSING_FAILURE for one, reason in report.failed
    }
    stored = {one.sop_instance_uid for one in report.stored}
    return [
        failed.get(
            one.sop_instance_uid,
            0 if one.sop_instance_uid in stored else statuses.PROCESSING_FAILURE,
        )
        for one in request.references
    ]


def next_try(began: datetime, now: datetime, tries: int, patience: timedelta) -> datetime | None:
    """When to try again after so many failures; None once patience has ended."""
    pause = min(_FIRST_PAUSE * float(2 ** min(tries, 16)), _LONGEST_PAUSE)
    return now + pause if now + pause <= began + patience else None


def resend_at(now: datetime, resends: int) -> datetime | None:
    """When an object goes again that a node did not keep; None: it had its chances."""
    if resends >= _MOST_RESENDS:
        return None
    return now + _FIRST_PAUSE * float(4**resends)
