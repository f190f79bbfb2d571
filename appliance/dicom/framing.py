"""Cuts received bytes into PDUs, and P-DATA into messages, in place (PS3.8 §9.3, Annex E).

Data sets are never gathered: what has arrived of them is handed on as views of the buffer,
whatever sizes the peer chose for PDUs and PDVs. Lengths are judged before anything is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import TypeAlias

from appliance.dicom.buffer import BUSY_SIZE, IDLE_SIZE, LARGE_SIZE, Buffer
from appliance.dicom.errors import AbortReason, RemoteProtocolError
from appliance.dicom.pdu import COMMAND, HEADER, LAST, PDV_HEADER, Kind

# The longest A-ASSOCIATE PDU, and the longest command set, anybody needs is a tenth of these.
LONGEST_ASSOCIATE = 256 << 10
LONGEST_COMMAND = 64 << 10
_SHORT_PDU = 4


@dataclass(frozen=True, slots=True)
class ControlPdu:
    """Any PDU but P-DATA: its type and body."""

    kind: int
    body: bytes


@dataclass(frozen=True, slots=True)
class CommandSet:
    """The whole command set of a message."""

    context_id: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class DataFragments:
    """Some bytes of a data set, in order; `last` ends it."""

    context_id: int
    fragments: tuple[memoryview, ...]
    last: bool


Frame: TypeAlias = ControlPdu | CommandSet | DataFragments


class Framing:
    """Bytes in, frames out; `permit` is asked about each PDU type before its body is read."""

    def __init__(self, maximum_length: int, permit: Callable[[int], None]) -> None:
        self.contexts: Container[int] = ()  # the accepted ones
        self._maximum_length = maximum_length
        self._permit = permit
        self._buffer = Buffer()
        self._size = IDLE_SIZE
        self._kind = 0  # of the control PDU being read; 0: none is
        self._body = bytearray()  # of that PDU, as far as it came
        self._pdu_left = 0
        self._in_value = False
        self._value_left = 0
        self._context_id = 0
        self._control = 0
        self._command = bytearray()
        self._fragments: list[memoryview] = []
        self._growing = False  # the last fragment may get longer
        self._handed = 0  # bytes of this data set that were handed on
        self._data_context: int | None = None  # where a data set is on its way

    @property
    def between_messages(self) -> bool:
        """No command set has come whose data set has not."""
        return self._data_context is None

    def expect_data(self, context_id: int) -> None:
        """The command set said that a data set follows."""
        self._data_context = context_id

    def writable(self) -> memoryview:
        """Room for the next bytes; fragments handed out before are overwritten.

        Call it only after `next_frame` returned None: then there is room.
        """
        if not self._fragments:
            self._buffer.reserve(self._size)
        return self._buffer.writable()

    def received(self, count: int) -> None:
        self._buffer.end += count

    def next_frame(self) -> Frame | None:
        """The next frame, or None: more bytes are needed."""
        while True:
            if self._in_value:
                if frame := self._read_value():
                    return frame
                if self._in_value:
                    return self._crowded_out()
            elif self._kind:
                return self._read_control()
            elif not (self._open_value() if self._pdu_left else self._open_pdu()):
                return self._crowded_out()

    def _open_pdu(self) -> bool:
        if self._buffer.available < HEADER.size:
            return False
        header = self._buffer.take(HEADER.size)
        kind, length = HEADER.unpack(header)
        self._judge_pdu(kind, length, bytes(header))
        self._pdu_left = length
        if kind != Kind.P_DATA:
            self._kind = kind
        return True

    def _judge_pdu(self, kind: int, length: int, header: bytes) -> None:
        if not Kind.ASSOCIATE_RQ <= kind <= Kind.ABORT:
            text = f"There is no PDU of type {kind:02X}H"
            raise RemoteProtocolError(text, AbortReason.UNRECOGNIZED_PDU, header)
        self._permit(kind)
        least, most = _SHORT_PDU, _SHORT_PDU
        if kind == Kind.P_DATA:
            least, most = PDV_HEADER.size, self._maximum_length
        elif kind in (Kind.ASSOCIATE_RQ, Kind.ASSOCIATE_AC):
            least, most = 0, LONGEST_ASSOCIATE
        if not least <= length <= most:
            raise RemoteProtocolError(
                f"A PDU of type {kind} announces {length} bytes; allowed are {least} to {most}"
            )

    def _read_control(self) -> ControlPdu | None:
        count = min(self._pdu_left, self._buffer.available)
        self._body += self._buffer.take(count)
        self._pdu_left -= count
        if self._pdu_left:
            return None
        frame = ControlPdu(self._kind, bytes(self._body))
        self._kind, self._body = 0, bytearray()
        return frame

    def _open_value(self) -> bool:
        if self._buffer.available < PDV_HEADER.size:
            if self._pdu_left < PDV_HEADER.size:
                raise RemoteProtocolError("A P-DATA PDU ends within the header of a value")
            return False
        length, self._context_id, self._control = PDV_HEADER.unpack(
            self._buffer.take(PDV_HEADER.size)
        )
        self._pdu_left -= PDV_HEADER.size
        self._value_left = length - 2
        self._in_value, self._growing = True, False
        self._judge_value()
        return True

    def _judge_value(self) -> None:
        if not 0 <= self._value_left <= self._pdu_left:
            raise RemoteProtocolError("A presentation data value does not fit its P-DATA PDU")
        if self._context_id not in self.contexts:
            raise RemoteProtocolError(f"Presentation context {self._context_id} was not accepted")
        if self._control & COMMAND:
            if self._data_context is not None:
                raise RemoteProtocolError("A command came in the middle of a data set")
            if len(self._command) + self._value_left > LONGEST_COMMAND:
                raise RemoteProtocolError(f"A command set is longer than {LONGEST_COMMAND} bytes")
        elif self._context_id != self._data_context:
            raise RemoteProtocolError("Data came where no command announced it")

    def _read_value(self) -> CommandSet | DataFragments | None:
        count = min(self._value_left, self._buffer.available)
        if count:
            self._value_left -= count
            self._pdu_left -= count
            if self._control & COMMAND:
                self._command += self._buffer.take(count)
            else:
                self._keep(count)
        if self._value_left:
            return None
        self._in_value = False
        return self._end_message() if self._control & LAST else None

    def _keep(self, count: int) -> None:
        """Hand on the next bytes later; what came in several reads is still one fragment."""
        if self._growing:
            self._fragments[-1] = self._buffer.take_along(count)
        else:
            self._fragments.append(self._buffer.take(count))
            self._growing = True

    def _end_message(self) -> CommandSet | DataFragments:
        if self._control & COMMAND:
            raw, self._command = bytes(self._command), bytearray()
            return CommandSet(self._context_id, raw)
        self._data_context, self._handed = None, 0
        return self._hand_over(last=True)

    def _crowded_out(self) -> DataFragments | None:
        if self._fragments and self._buffer.crowded:
            self._handed += sum(map(len, self._fragments))
            self._size = LARGE_SIZE if self._handed > LARGE_SIZE else max(self._size, BUSY_SIZE)
            return self._hand_over(last=False)
        return None

    def _hand_over(self, *, last: bool) -> DataFragments:
        fragments, self._fragments, self._growing = tuple(self._fragments), [], False
        return DataFragments(self._context_id, fragments, last)
