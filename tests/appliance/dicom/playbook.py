"""Plays bytes into an association, in whatever portions, and writes down what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from appliance.dicom import dimse, negotiation, pdu
from appliance.dicom.association import Association
from appliance.dicom.events import DataReceived, Event
from appliance.dicom.items import UserInformation
from appliance.dicom.pdu import AssociateRequest

CT = "1.2.840.10008.5.1.4.1.1.2"
VERIFICATION = negotiation.VERIFICATION
EXPLICIT = "1.2.840.10008.1.2.1"
PROPOSED = negotiation.propose([(CT, [EXPLICIT]), (VERIFICATION, [EXPLICIT])])
USER = UserInformation(16384, "1.2.3", "TEST")
REQUEST = AssociateRequest("STORE", "SENDER", PROPOSED, USER)
ANSWER = negotiation.answer(REQUEST, negotiation.Policy(lambda uid: True), USER)


def portions(data: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    """`data` in portions of these sizes; what is left comes last."""
    at = 0
    for size in sizes:
        if at >= len(data):
            return
        yield data[at : at + size]
        at += size
    if at < len(data):
        yield data[at:]


def put(association: Association, portion: bytes) -> Iterator[Event]:
    """Feed one portion as a socket would, with all that comes of it."""
    while portion:
        view = association.writable()
        count = min(len(view), len(portion))
        view[:count] = portion[:count]
        association.received(count)
        portion = portion[count:]
        while event := association.next_event():
            yield event


def play(association: Association, portions: Iterable[bytes]) -> list[Event]:
    """Everything that comes, with the fragments of a data set joined."""
    events: list[Event] = []
    for portion in portions:
        for event in put(association, portion):
            _write_down(events, event)
    return events


def data_of(event: Event) -> bytes:
    assert isinstance(event, DataReceived)
    return b"".join(event.fragments)


def acceptor(maximum_length: int = 1 << 18) -> Association:
    """An association that was accepted; what it had to say is thrown away."""
    association = Association("acceptor", maximum_length)
    play(association, [pdu.encode(REQUEST)])
    association.accept(ANSWER)
    association.outgoing()
    return association


def requestor() -> Association:
    """An association that was accepted by its peer."""
    association = Association("requestor")
    association.request(REQUEST)
    association.outgoing()
    play(association, [pdu.encode(ANSWER)])
    return association


def pdata(context_id: int, control: int, value: bytes) -> bytes:
    return pdu.pdata_header(context_id, control, len(value)) + value


def store(data: bytes, most: int = 4096, message_id: int = 1) -> bytes:
    """A whole C-STORE-RQ message, its data set in values of at most `most` bytes."""
    pieces = [data[at : at + most] for at in range(0, len(data), most)] or [b""]
    raw = pdata(1, pdu.COMMAND | pdu.LAST, dimse.store_request(message_id, CT, "1.2.3", None))
    for number, piece in enumerate(pieces, start=1):
        raw += pdata(1, pdu.LAST if number == len(pieces) else 0, piece)
    return raw


def echo(message_id: int = 1) -> bytes:
    return pdata(3, pdu.COMMAND | pdu.LAST, dimse.echo_request(message_id, VERIFICATION))


def _write_down(events: list[Event], event: Event) -> None:
    if not isinstance(event, DataReceived):
        events.append(event)
        return
    data, last = data_of(event), event.last
    if events and isinstance(before := events[-1], DataReceived) and not before.last:
        data = data_of(events.pop()) + data
    events.append(DataReceived(event.context_id, (memoryview(data),), last))
