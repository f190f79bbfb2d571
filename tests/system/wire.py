"""A service class user by hand: its bytes are under the test's control, not a library's."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Self

from tests.system.images import Image

VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
# Another loopback address than the appliance's: a connection to a port nobody listens
# on can then never meet itself, and each source counts as a peer of its own.
SOURCE = "127.0.0.2"
_CHUNK = 65536

Context = tuple[str, tuple[str, ...]]


class Gone(Exception):
    """The peer ended the association: refused it, aborted it or closed the connection."""


def item(kind: int, body: bytes) -> bytes:
    """An item of an A-ASSOCIATE PDU (PS3.8 §9.3.2)."""
    return struct.pack(">BxH", kind, len(body)) + body


def pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxI", kind, len(body)) + body


def associate_rq(
    contexts: Sequence[Context],
    *,
    called: bytes = b"ARCA",
    calling: bytes = b"SENDER",
    max_pdu: int = 65536,
    extra: bytes = b"",
) -> bytes:
    """A-ASSOCIATE-RQ (PS3.8 §9.3.2) with contexts 1, 3, 5 …; `extra` user items at the end."""
    body = struct.pack(">HH16s16s32x", 1, 0, called.ljust(16), calling.ljust(16))
    body += item(0x10, b"1.2.840.10008.3.1.1.1")
    for number, (abstract, syntaxes) in enumerate(contexts):
        parts = item(0x30, abstract.encode())
        parts += b"".join(item(0x40, syntax.encode()) for syntax in syntaxes)
        body += item(0x20, struct.pack(">B3x", 2 * number + 1) + parts)
    user = item(0x51, struct.pack(">I", max_pdu)) + item(0x52, b"1.2.826.0.1.3680043.8.498.9")
    return pdu(1, body + item(0x50, user + extra))


def command(elements: Iterable[tuple[int, bytes | int | str]]) -> bytes:
    """A command set with its group length (PS3.7 §6.3.1)."""
    body = b"".join(_command_element(element, value) for element, value in elements)
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def _command_element(element: int, value: bytes | int | str) -> bytes:
    if isinstance(value, int):
        value = struct.pack("<H", value)
    if isinstance(value, str):
        value = value.encode("latin-1")
        value += b"\0" * (len(value) % 2)
    return struct.pack("<HHI", 0, element, len(value)) + value


def c_store_rq(image: Image, message_id: int) -> bytes:
    return command(
        [
            (0x0002, image.sop_class_uid),
            (0x0100, 0x0001),
            (0x0110, message_id),
            (0x0700, 0),
            (0x0800, 0x0001),
            (0x1000, image.sop_instance_uid),
        ]
    )


def p_data(context: int, control: int, data: bytes) -> bytes:
    """One P-DATA-TF with one PDV; control bit 0 = command, bit 1 = last (PS3.8 §E.2)."""
    return struct.pack(">BxIIBB", 4, len(data) + 6, len(data) + 2, context, control) + data


def fragments(context: int, content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, max(len(content), 1), size):
        last = start + size >= len(content)
        yield p_data(context, 2 if last else 0, content[start : start + size])


def elements(data: bytes) -> dict[int, bytes]:
    """The elements of a command set by element number."""
    found, position = {}, 0
    while position + 8 <= len(data):
        _, element, length = struct.unpack_from("<HHI", data, position)
        found[element] = data[position + 8 : position + 8 + length]
        position += 8 + length
    return found


class Association:
    """One association; leaving the block releases it when it still stands."""

    def __init__(
        self,
        port: int,
        contexts: Sequence[Context],
        *,
        called: bytes = b"ARCA",
        calling: bytes = b"SENDER",
        source: str = SOURCE,
        timeout: float = 60.0,
    ) -> None:
        self._messages = 0
        self.contexts = list(contexts)
        self.socket = connect(port, source=source, timeout=timeout)
        try:
            self.socket.sendall(associate_rq(contexts, called=called, calling=calling))
            self.accepted = self._negotiated(*self.receive())
        except BaseException:
            self.socket.close()
            raise

    def _negotiated(self, kind: int, body: bytes) -> dict[int, str]:
        if kind != 2:
            raise Gone(f"answered by PDU {kind}: {body.hex()}")
        self.max_pdu = self.peer_max_pdu = _CHUNK
        accepted, position = {}, 68
        while position < len(body):
            tag, length = struct.unpack_from(">BxH", body, position)
            value = body[position + 4 : position + 4 + length]
            if tag == 0x21 and value[2] == 0:
                accepted[value[0]] = value[8:].decode()
            elif tag == 0x50:
                # 0 says that any length will do (PS3.8 §D.1).
                self.peer_max_pdu = struct.unpack_from(">I", value, 4)[0]
                self.max_pdu = min(self.peer_max_pdu or _CHUNK, _CHUNK)
            position += 4 + length
        return accepted

    def receive(self) -> tuple[int, bytes]:
        """The next PDU; raises Gone at the end of the stream."""
        kind, length = struct.unpack(">BxI", self._exactly(6))
        return kind, self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            try:
                more = self.socket.recv(count - len(data))
            except ConnectionError as error:
                raise Gone(str(error)) from error
            if not more:
                raise Gone("closed")
            data += more
        return bytes(data)

    def send(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except ConnectionError as error:
            raise Gone(str(error)) from error

    def response(self) -> dict[int, bytes]:
        """The command set of the next response; raises Gone on an abort."""
        kind, body = self.receive()
        if kind != 4:
            raise Gone(f"answered by PDU {kind}: {body.hex()}")
        return elements(body[6:])

    def _status(self) -> int:
        return int.from_bytes(self.response()[0x0900], "little")

    def context_of(self, image: Image) -> int:
        """The accepted context for an object; raises Gone when there is none."""
        for number, syntax in self.accepted.items():
            abstract = self.contexts[number // 2][0]
            if (abstract, syntax) == (image.sop_class_uid, image.transfer_syntax_uid):
                return number
        raise Gone(f"no context for {image.sop_class_uid} as {image.transfer_syntax_uid}")

    def request(self, image: Image) -> list[bytes]:
        """The PDUs of one C-STORE-RQ."""
        self._messages += 1
        context = self.context_of(image)
        rest = fragments(context, image.content, self.max_pdu - 6)
        return [p_data(context, 3, c_store_rq(image, self._messages)), *rest]

    def answer(self, image: Image) -> dict[int, bytes]:
        """The command set of the response to a C-STORE."""
        self.send(b"".join(self.request(image)))
        return self.response()

    def store(self, image: Image) -> int:
        """The status of the response to a C-STORE."""
        return int.from_bytes(self.answer(image)[0x0900], "little")

    def finish(self, rest: bytes) -> int:
        """Send what was held back and return the status."""
        self.send(rest)
        return self._status()

    def echo(self) -> int:
        echo = command([(0x0002, VERIFICATION), (0x0100, 0x0030), (0x0110, 1), (0x0800, 0x0101)])
        self.send(p_data(1, 3, echo))
        return self._status()

    def release(self) -> None:
        self.send(pdu(5, bytes(4)))
        kind, _ = self.receive()
        if kind != 6:
            raise Gone(f"release answered by PDU {kind}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.release()
        finally:
            self.socket.close()


def connect(port: int, *, source: str = SOURCE, timeout: float = 60.0) -> socket.socket:
    """A connection to the appliance without Nagle's delay."""
    made = socket.create_connection(("127.0.0.1", port), timeout, (source, 0))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def contexts_of(images: Iterable[Image]) -> list[Context]:
    """One presentation context for each pair of SOP class and transfer syntax."""
    pairs = {(image.sop_class_uid, image.transfer_syntax_uid) for image in images}
    return [(abstract, (syntax,)) for abstract, syntax in sorted(pairs)]


def echo(port: int, *, timeout: float = 10.0, source: str = SOURCE) -> int:
    with Association(
        port, [(VERIFICATION, (IMPLICIT_LITTLE,))], timeout=timeout, source=source
    ) as association:
        return association.echo()


def store(port: int, images: Sequence[Image], *, calling: bytes = b"SENDER") -> list[int]:
    """The statuses of all images, sent on one association (at most 128 contexts)."""
    with Association(port, contexts_of(images), calling=calling) as association:
        return [association.store(image) for image in images]
