"""Calls a remote system: association, C-ECHO, C-STORE.

    async with associate(remote, [(CT, [EXPLICIT])]) as association:
        answer = await association.store(outgoing)

Every failure is an AssociationFailed whose text says what to change on which side.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from appliance import clock
from appliance.dicom import negotiation
from appliance.dicom.items import ExtendedNegotiation, RoleSelection, UserInformation
from appliance.dicom.negotiation import Proposal
from appliance.dicom.pdu import AssociateRequest
from appliance.meter import Meter
from appliance.network import diagnosis
from appliance.network.call import Call
from appliance.network.dialling import dial, failure
from appliance.network.errors import AssociationFailed
from appliance.network.outgoing import OutgoingAssociation
from appliance.network.services import AssociationReport, Outcome
from appliance.network.settings import Remote, RequestorSettings, Throttle, ourselves

_DEFAULTS = RequestorSettings()

VERIFICATION: Proposal = (negotiation.VERIFICATION, (negotiation.IMPLICIT_LITTLE_ENDIAN,))

_OUTCOMES: dict[str, Outcome] = {
    "unknown_host": "refused",
    "refused_connection": "refused",
    "unreachable": "refused",
    "timeout": "timeout",
    "rejected_transient": "rejected",
    "rejected_permanent": "rejected",
    "no_context": "rejected",
    "aborted": "aborted",
    "broken": "broken",
    "tls": "not_dicom",
    "not_dicom": "not_dicom",
    "protocol": "aborted",
}


async def _unthrottled(size: int) -> None:
    """Send as fast as the peer takes it."""


@asynccontextmanager
async def associate(
    remote: Remote,
    contexts: Sequence[Proposal],
    settings: RequestorSettings = _DEFAULTS,
    *,
    meter: Meter | None = None,
    ended: Callable[[AssociationReport], None] | None = None,
    throttle: Throttle | None = None,
    roles: Sequence[RoleSelection] = (),
    extended: Sequence[ExtendedNegotiation] = (),
) -> AsyncIterator[OutgoingAssociation]:
    """An association with `remote` for 1 to 128 contexts, released at the end of the block.

    Raises AssociationFailed when it does not come about, and when no context is accepted;
    ValueError for too many contexts. An exception in the block aborts the association. `ended`
    is called once, also when nothing came about. `throttle` holds back the bytes of objects.
    """
    user = replace(ourselves(settings.max_pdu), roles=tuple(roles), extended=tuple(extended))
    request = _request(remote, contexts, user)
    record = _Record(remote, meter, ended)
    try:
        call = Call(await dial(remote, settings.connect_timeout), remote, settings)
        try:
            await call.open(request)
            record.association = OutgoingAssociation(call, remote, meter, throttle or _unthrottled)
            if not call.association.contexts:
                await _close(call, record)
                raise failure(diagnosis.no_context(remote, [abstract for abstract, _ in contexts]))
            yield record.association
            await _close(call, record)
        finally:
            call.hang_up()
    except AssociationFailed as error:
        record.failed(error)
        raise
    except BaseException:
        record.outcome, record.words = "aborted", "It was broken off here."
        raise
    finally:
        record.close()


async def _close(call: Call, record: _Record) -> None:
    try:
        await call.close()
    except AssociationFailed as error:
        # Everything sent was answered before: for the caller all went well.
        record.failed(error)


def _request(
    remote: Remote, contexts: Sequence[Proposal], user: UserInformation
) -> AssociateRequest:
    return AssociateRequest(
        remote.ae_title,
        remote.calling_ae_title,
        negotiation.propose(contexts),
        user,
    )


class _Record:
    """Gathers the report of one call."""

    def __init__(
        self,
        remote: Remote,
        meter: Meter | None,
        ended: Callable[[AssociationReport], None] | None,
    ) -> None:
        self.outcome: Outcome = "released"
        self.words = ""
        self.association: OutgoingAssociation | None = None
        self._remote = remote
        self._meter = meter
        self._ended = ended
        self._began, self._started = clock.now(), clock.monotonic()

    def failed(self, error: AssociationFailed) -> None:
        self.outcome, self.words = _OUTCOMES[error.kind], str(error)

    def close(self) -> None:
        if self._meter:
            self._meter.associations.labels("out", self.outcome).inc()
        if self._ended:
            self._ended(self._report())

    def _report(self) -> AssociationReport:
        return AssociationReport(
            self._remote.host,
            self._remote.calling_ae_title,
            self._remote.ae_title,
            "out",
            self._began,
            clock.monotonic() - self._started,
            self.outcome,
            self.association.objects if self.association else 0,
            self.association.bytes if self.association else 0,
            self.words,
        )
