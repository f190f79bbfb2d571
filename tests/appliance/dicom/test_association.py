from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.dicom import dimse, pdu
from appliance.dicom.association import Association, Timer
from appliance.dicom.errors import AbortReason, LocalProtocolError, RemoteProtocolError
from appliance.dicom.events import (
    Aborted,
    AssociateAccepted,
    AssociateRejected,
    AssociateRequested,
    CommandReceived,
    ConnectionLost,
    DataReceived,
    Event,
    ReleaseConfirmed,
    ReleaseRequested,
)
from appliance.dicom.items import ProposedContext, UserInformation
from appliance.dicom.pdu import (
    Abort,
    AssociateReject,
    AssociateRequest,
    ReleaseReply,
    ReleaseRequest,
)
from appliance.dicom.states import State
from tests.appliance.dicom.playbook import (
    ANSWER,
    CT,
    EXPLICIT,
    PROPOSED,
    REQUEST,
    acceptor,
    data_of,
    echo,
    play,
    portions,
    put,
    requestor,
    store,
)

_RELEASE = pdu.encode(ReleaseRequest())


def _sent(association: Association) -> pdu.Pdu:
    raw = association.outgoing()
    return pdu.decode(raw[0], raw[6:])


def _timer(association: Association) -> Timer:
    return association.timer


def _close(association: Association) -> Event | None:
    association.received(0)
    return association.next_event()


def test_a_whole_dialogue_as_acceptor() -> None:
    association = Association("acceptor")
    assert _timer(association) == Timer.ARTIM
    assert play(association, [pdu.encode(REQUEST)]) == [AssociateRequested(REQUEST)]
    assert _timer(association) == Timer.NONE
    association.accept(ANSWER)
    assert _sent(association) == ANSWER
    assert _timer(association) == Timer.MESSAGE
    command, data = play(association, [store(b"abc")])
    assert isinstance(command, CommandReceived)
    assert (command.context_id, data_of(data)) == (1, b"abc")
    association.command(1, dimse.response(command.command, 0))
    assert association.outgoing()
    assert play(association, [_RELEASE]) == [ReleaseRequested()]
    association.reply_release()
    assert _sent(association) == ReleaseReply()
    assert _timer(association) == Timer.ARTIM
    assert _close(association) == ConnectionLost(expected=True)
    assert association.next_event() is None


def test_a_whole_dialogue_as_requestor() -> None:
    association = Association("requestor")
    association.request(REQUEST)
    assert _sent(association) == REQUEST
    assert _timer(association) == Timer.ANSWER
    assert play(association, [pdu.encode(ANSWER)]) == [AssociateAccepted(ANSWER)]
    assert set(association.contexts) == {1, 3}
    association.release()
    assert _sent(association) == ReleaseRequest()
    assert _timer(association) == Timer.RELEASE
    assert play(association, [pdu.encode(ReleaseReply())]) == [ReleaseConfirmed()]
    assert association.closing


def test_the_timer_says_what_is_awaited() -> None:
    association = acceptor()
    raw = store(b"abc")
    play(association, [raw[:-5]])
    assert _timer(association) == Timer.DATA
    play(association, [raw[-5:]])
    assert _timer(association) == Timer.MESSAGE
    play(association, [raw[:20]])  # half a command keeps nobody waiting longer
    assert _timer(association) == Timer.MESSAGE


def test_a_rejection_is_told() -> None:
    association = Association("requestor")
    association.request(REQUEST)
    refusal = AssociateReject(1, 1, 7)
    assert play(association, [pdu.encode(refusal)]) == [AssociateRejected(refusal)]
    assert association.closing


def test_a_caller_is_rejected_before_or_after_it_asked() -> None:
    early, late = Association("acceptor"), Association("acceptor")
    play(late, [pdu.encode(REQUEST)])
    for association in (early, late):
        association.reject(AssociateReject(2, 3, 2))
        assert _sent(association) == AssociateReject(2, 3, 2)
        assert _timer(association) == Timer.ARTIM
        assert play(association, [b"whatever comes now is ignored"]) == []


@pytest.mark.parametrize("make", [acceptor, requestor])
def test_an_abort_is_told_and_ends(make: Callable[[], Association]) -> None:
    association = make()
    assert play(association, [pdu.encode(Abort(2, 1))]) == [Aborted(2, 1)]
    assert association.closing
    association.abort()
    assert association.outgoing() == b""


def test_our_abort_is_sent_once_whenever_it_comes() -> None:
    for association in (Association("acceptor"), acceptor(), requestor()):
        association.abort()
        association.abort()
        assert _sent(association) == Abort(0, 0)
        assert _timer(association) == Timer.ARTIM


def test_time_running_out() -> None:
    silent, idle = Association("acceptor"), acceptor()
    silent.timed_out()
    assert (silent.closing, silent.outgoing()) == (True, b"")  # AA-2
    idle.timed_out()
    assert _sent(idle) == Abort(0, 0)


def test_the_connection_ends_without_a_word() -> None:
    assert _close(acceptor()) == ConnectionLost(expected=False)
    assert _close(Association("acceptor")) == ConnectionLost(expected=False)


def test_what_came_before_the_end_is_told_before_it() -> None:
    association = acceptor()
    view = association.writable()
    view[: len(echo())] = echo()
    association.received(len(echo()))
    association.received(0)
    assert isinstance(association.next_event(), CommandReceived)
    assert association.next_event() == ConnectionLost(expected=False)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (pdu.encode(REQUEST), AbortReason.UNEXPECTED_PDU),
        (pdu.encode(ReleaseReply()), AbortReason.UNEXPECTED_PDU),
        (b"\x0a\0\0\0\0\0", AbortReason.UNRECOGNIZED_PDU),
        (b"\x04\0\0\4\0\1", AbortReason.INVALID_PARAMETER),
    ],
)
def test_a_broken_rule_is_answered_by_an_abort_with_its_reason(
    raw: bytes, reason: AbortReason
) -> None:
    association = acceptor()
    with pytest.raises(RemoteProtocolError):
        play(association, [raw])
    assert _sent(association) == Abort(2, reason)
    assert play(association, [raw]) == []


def test_before_the_association_there_is_no_provider_to_abort() -> None:
    association = Association("acceptor")
    with pytest.raises(RemoteProtocolError):
        play(association, [b"GET / HTTP/1.1\r\n\r\n"])
    assert _sent(association) == Abort(0, 0)  # AA-1


def test_a_release_collision_ends_well_on_both_sides() -> None:
    asking, answering = requestor(), acceptor()
    asking.release()
    answering.release()
    first, second = asking.outgoing(), answering.outgoing()
    assert play(answering, [first]) == []
    assert play(asking, [second]) == []
    told = play(answering, [asking.outgoing()])
    assert told == [ReleaseConfirmed()]
    assert play(asking, [answering.outgoing()]) == [ReleaseConfirmed()]


def test_data_still_comes_while_we_wait_for_the_release() -> None:
    association = requestor()
    association.release()
    assert [type(event) for event in play(association, [echo()])] == [CommandReceived]


def test_an_answer_may_be_given_before_the_release() -> None:
    association = acceptor()
    [command, _release] = play(association, [echo() + _RELEASE])
    assert isinstance(command, CommandReceived)
    association.command(3, dimse.response(command.command, 0))
    association.reply_release()
    assert association.outgoing().endswith(pdu.encode(ReleaseReply()))


def test_an_answer_that_accepts_too_much_is_refused() -> None:
    association = Association("requestor")
    narrow = AssociateRequest("A", "B", (ProposedContext(1, CT, ("1.2.3",)),), REQUEST.user)
    association.request(narrow)
    association.outgoing()
    with pytest.raises(RemoteProtocolError):
        play(association, [pdu.encode(ANSWER)])
    assert _sent(association) == Abort(2, AbortReason.INVALID_PARAMETER)


def test_a_peer_that_takes_next_to_nothing_is_refused() -> None:
    association = Association("acceptor")
    tiny = AssociateRequest("A", "B", PROPOSED, UserInformation(8, "1"))
    play(association, [pdu.encode(tiny)])
    with pytest.raises(RemoteProtocolError):
        association.accept(ANSWER)
    assert _sent(association) == Abort(2, AbortReason.INVALID_PARAMETER)


@pytest.mark.parametrize("limit", [64, 4096, 16384, 0])
def test_no_pdu_is_longer_than_the_peer_takes(limit: int) -> None:
    association = Association("acceptor")
    play(
        association, [pdu.encode(AssociateRequest("A", "B", PROPOSED, UserInformation(limit, "1")))]
    )
    association.accept(ANSWER)
    data = bytes(range(256)) * 100
    odd = [memoryview(data[at : at + 999]) for at in range(0, len(data), 999)]
    raw, values = b"".join(association.values(1, odd, last=True)), []
    while raw:
        _, length, _, context_id, control = struct.unpack_from(">BxIIBB", raw)
        assert (length <= (limit or 1 << 18), context_id) == (True, 1)
        assert control == (0 if len(raw) > length + 6 else pdu.LAST)
        values.append(raw[12 : length + 6])
        raw = raw[length + 6 :]
    assert b"".join(values) == data
    assert not any(len(value) & 1 for value in values)


def test_what_makes_no_sense_is_our_mistake() -> None:
    with pytest.raises(LocalProtocolError):
        Association("acceptor").accept(ANSWER)
    with pytest.raises(LocalProtocolError):
        Association("acceptor").command(1, b"")
    with pytest.raises(LocalProtocolError):
        acceptor().reply_release()


_SIZES = st.lists(st.integers(1, 700), max_size=60)


@given(_SIZES, st.binary(max_size=3000), st.integers(1, 1000))
def test_any_portions_give_the_same_events(sizes: list[int], data: bytes, most: int) -> None:
    raw = store(data, most) + echo(2) + store(b"", message_id=3) + _RELEASE
    whole = play(acceptor(), [raw])
    assert play(acceptor(), portions(raw, sizes)) == whole
    kinds = [CommandReceived, DataReceived, CommandReceived, CommandReceived, DataReceived]
    assert [type(event) for event in whole] == [*kinds, ReleaseRequested]
    assert data_of(whole[1]) == data


@given(_SIZES)
def test_any_portions_of_a_request_give_the_same_event(sizes: list[int]) -> None:
    raw = portions(pdu.encode(REQUEST), sizes)
    assert play(Association("acceptor"), raw) == [AssociateRequested(REQUEST)]


@settings(max_examples=300)
@given(st.data())
def test_damaged_messages_are_events_or_the_peers_fault(data: st.DataObject) -> None:
    raw = bytearray(store(bytes(50), 20) + echo())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    association = acceptor()
    try:
        play(association, portions(bytes(raw), data.draw(_SIZES)))
    except RemoteProtocolError:
        assert pdu.decode(7, association.outgoing()[6:])
        assert association.state == State.AWAITING_CLOSE


@given(st.binary(max_size=300), st.sampled_from(["acceptor", "requestor", "early"]))
def test_any_bytes_are_events_or_the_peers_fault(raw: bytes, who: str) -> None:
    association = {"acceptor": acceptor, "requestor": requestor}.get(
        who, lambda: Association("acceptor")
    )()
    try:
        play(association, [raw])
    except RemoteProtocolError:
        assert association.state == State.AWAITING_CLOSE


@given(st.lists(st.binary(max_size=2000), max_size=5), _SIZES)
def test_two_associations_understand_each_other(objects: list[bytes], sizes: list[int]) -> None:
    asking, answering = requestor(), acceptor()
    for number, data in enumerate(objects):
        asking.command(1, dimse.store_request(number, CT, "1.2.3", None))
        message = asking.outgoing() + b"".join(asking.values(1, [memoryview(data)], last=True))
        command, received = play(answering, portions(message, sizes))
        assert isinstance(command, CommandReceived)
        assert data_of(received) == data
        answering.command(1, dimse.response(command.command, 0))
        [answer] = play(asking, portions(answering.outgoing(), sizes))
        assert isinstance(answer, CommandReceived)
        assert answer.command.number(dimse.Element.MESSAGE_ID_BEING_RESPONDED_TO) == number
    asking.release()
    assert play(answering, [asking.outgoing()]) == [ReleaseRequested()]
    answering.reply_release()
    assert play(asking, [answering.outgoing()]) == [ReleaseConfirmed()]


def test_every_truncation_and_bit_flip_of_a_store_is_survived() -> None:
    raw = store(bytes(100), 40)
    for at in range(len(raw)):
        flips = (raw[:at] + bytes((raw[at] ^ 1 << bit,)) + raw[at + 1 :] for bit in range(8))
        for damaged in (raw[:at], *flips):
            association = acceptor()
            try:
                play(association, [damaged])
            except RemoteProtocolError:
                assert association.state == State.AWAITING_CLOSE


def test_fragments_are_views_of_the_buffer() -> None:
    association = acceptor()
    events = list(put(association, store(b"abcdef", 2)))
    assert isinstance(events[-1], DataReceived)
    assert [bytes(fragment) for fragment in events[-1].fragments] == [b"ab", b"cd", b"ef"]
    assert association.contexts[1].transfer_syntax == EXPLICIT
