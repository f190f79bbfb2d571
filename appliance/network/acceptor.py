"""One caller from its connection to its report."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

import trio

from appliance import clock
from appliance.dicom import negotiation
from appliance.dicom.errors import AbortSource, RemoteProtocolError
from appliance.dicom.events import AssociateRequested, CommandReceived
from appliance.dicom.pdu import AssociateReject, AssociateRequest
from appliance.dicom.states import State
from appliance.meter import Meter
from appliance.network import diagnosis
from appliance.network.brake import Brake
from appliance.network.connection import Connection
from appliance.network.conversation import LOCAL_LIMIT, Conversation
from appliance.network.ending import Ended, Ending
from appliance.network.gate import Gate, Ticket
from appliance.network.offer import Offer
from appliance.network.operations import perform
from appliance.network.services import AssociationReport, Caller, Services
from appliance.network.settings import ListenerSettings, ourselves
from appliance.network.storing import Session

log = logging.getLogger(__name__)

_FAULT = "Arca itself failed; what had been answered is kept. Its log has the details."


class Acceptor:
    """Serves one connection. Whatever happens on it stays here."""

    def __init__(
        self,
        connection: Connection,
        address: tuple[str, int],
        settings: ListenerSettings,
        services: Services,
        meter: Meter,
        gate: Gate,
        threads: trio.CapacityLimiter,
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._services = services
        self._meter = meter
        self._gate = gate
        self._conversation = Conversation(connection, settings, *address)
        self._ticket = Ticket(address[0], self._conversation.evict)
        self._session = Session(
            clock.fresh_name(),
            self._conversation,
            services,
            meter,
            threads,
            settings.patience,
        )

    def stop(self) -> None:
        """End once no object is on its way."""
        self._conversation.stop()

    async def run(self) -> None:
        """Serve until the association ends; raises nothing but cancellation."""
        began, started = clock.now(), clock.monotonic()
        ending = Ending("aborted", "Arca was stopped before the association had ended.")
        self._gate.arrive(self._ticket)
        try:
            ending = await self._serve()
        # The connection boundary: one caller, or one object of its, must not end the listener.
        except Exception:
            log.exception("association %s failed", self._session.name)
            self._conversation.association.abort(AbortSource.SERVICE_PROVIDER)
            ending = Ending("aborted", _FAULT)
        finally:
            self._conversation.association.abort()  # nothing, when it has ended
            self._session.channel.close()
            self._depart()
            self._report(ending, began, clock.monotonic() - started)
            await self._farewell()

    async def _serve(self) -> Ending:
        association = self._conversation.association
        try:
            return await self._converse()
        except Ended as ended:
            if association.state == State.TRANSPORT_OPEN and ended.ending.outcome != "refused":
                association.reject(LOCAL_LIMIT)
            return self._explained(ended.ending)
        except RemoteProtocolError as error:
            association.abort(AbortSource.SERVICE_PROVIDER, error.reason)
            return self._broken_protocol(error)

    async def _converse(self) -> Ending:
        await self._conversation.secure()
        event = await self._conversation.next_event()
        assert isinstance(event, AssociateRequested)  # the only thing that may come first
        await self._admit(event.request)
        while True:
            self._conversation.await_message()
            said = await self._conversation.next_event_or_turn()
            if said is None:
                await self._session.channel.speak(partial(perform, self._session))
            elif isinstance(said, CommandReceived):
                await perform(self._session, said)
            else:
                break
        self._conversation.association.reply_release()
        await self._conversation.flush()
        return Ending("released", self._remark())

    async def _admit(self, request: AssociateRequest) -> None:
        """Answer the request; raises Ended when it is rejected."""
        caller = self._introduce(request)
        if objection := negotiation.objection(request):
            await self._reject(objection, "it wants a version or context of DICOM we do not know")
        if full := self._gate.associate(self._ticket):
            await self._reject(LOCAL_LIMIT, full)
        self._meter.open_associations.inc()
        verdict = await self._services.admit(caller)
        if not verdict.accept:
            refusal = AssociateReject(verdict.result, verdict.source, verdict.diagnostic)
            await self._reject(refusal, verdict.reason)
        if full := verdict.node and self._gate.let_in(self._ticket, verdict.node, verdict.most):
            await self._reject(LOCAL_LIMIT, full)
        self._session.brake = Brake(verdict.rate) if verdict.rate else None
        offer = Offer(self._services.providers, verdict.services)
        allowed, own = self._settings.transfer_syntaxes, verdict.transfer_syntaxes
        policy = offer.policy(own if allowed is None else allowed & (own or allowed))
        answer = negotiation.answer(request, policy, ourselves(self._settings.max_pdu))
        offer.take_up(self._session, answer)
        self._conversation.association.accept(answer)
        await self._conversation.flush()
        offer.begin(self._session)

    def _introduce(self, request: AssociateRequest) -> Caller:
        known = self._conversation.caller
        user = request.user
        self._conversation.caller = Caller(
            request.calling_ae_title,
            request.called_ae_title,
            known.host,
            known.port,
            user.implementation_version_name or user.implementation_class_uid,
            tuple((c.abstract_syntax, c.transfer_syntaxes) for c in request.contexts),
        )
        return self._conversation.caller

    async def _reject(self, answer: AssociateReject, reason: str) -> None:
        self._conversation.association.reject(answer)
        words = diagnosis.caller_rejected(self._conversation.caller, reason)
        raise Ended("rejected", words)

    def _explained(self, ending: Ending) -> Ending:
        """Who finds nothing in common aborts at once: why is what its people want to know."""
        left = self._ticket.associated and ending.outcome in ("aborted", "broken")
        if left and not self._conversation.association.contexts:
            return Ending(ending.outcome, diagnosis.nothing_in_common(self._conversation.caller))
        return ending

    def _remark(self) -> str:
        caller, brake = self._conversation.caller, self._session.brake
        if not self._conversation.association.contexts:
            return diagnosis.nothing_in_common(caller)
        return diagnosis.caller_held(caller, brake.rate, brake.held) if brake else ""

    def _broken_protocol(self, error: RemoteProtocolError) -> Ending:
        caller = self._conversation.caller
        if error.sample and not caller.calling_ae_title:
            return Ending("not_dicom", diagnosis.caller_not_dicom(caller.host, error).text)
        return Ending("aborted", diagnosis.caller_broke_protocol(caller, error))

    def _depart(self) -> None:
        if self._ticket.associated:
            self._meter.open_associations.dec()
        self._gate.leave(self._ticket)

    def _report(self, ending: Ending, began: datetime, seconds: float) -> None:
        self._meter.associations.labels("in", ending.outcome).inc()
        caller = self._conversation.caller
        log.info(
            "association with %s at %s: %s, %d objects, %d bytes, %.1f s%s",
            *(caller.calling_ae_title or "?", caller.host, ending.outcome),
            *(self._session.objects, self._session.bytes, seconds),
            ending.diagnosis and f": {ending.diagnosis}",
        )
        report = AssociationReport(
            caller.host,
            caller.calling_ae_title,
            caller.called_ae_title,
            "in",
            began,
            seconds,
            ending.outcome,
            self._session.objects,
            self._session.bytes,
            ending.diagnosis,
        )
        try:
            self._services.ended(report)
        except Exception:  # a report that cannot be kept must not end the listener
            log.exception("the report of association %s was lost", self._session.name)

    async def _farewell(self) -> None:
        """Send the last word and let the peer close, within bounds."""
        self._connection.send_now(self._conversation.association.outgoing())
        try:
            with self._gate.lingering() as room:
                if room:
                    await self._connection.linger(self._settings.linger_timeout)
        finally:
            self._connection.close()
