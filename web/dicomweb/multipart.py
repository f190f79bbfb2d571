"""Takes bodies of several parts apart while they come (RFC 2046 5.1, RFC 2387), without a network.

Any chunking gives the same events. What is held is at most one delimiter and one part's
headers; the bytes of the parts pass through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

# RFC 2046 5.1.1 allows 70 characters; Orthanc sends 73.
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,199}[0-9A-Za-z'()+_,./:=?-]")
_MOST_HEADER_BYTES = 8 << 10
_MOST_PREAMBLE = 64 << 10
_MOST_PADDING = 256  # blanks behind a boundary
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class MultipartError(ValueError):
    """The body breaks the rules; the text says which."""


@dataclass(frozen=True, slots=True)
class PartBegins:
    """Its headers, by name in lower case."""

    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """Some bytes of the part that began."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnds:
    """The part was whole."""


Event: TypeAlias = PartBegins | Content | PartEnds


class _State(Enum):
    PREAMBLE = 1
    AFTER_BOUNDARY = 2
    HEADERS = 3
    CONTENT = 4
    EPILOGUE = 5


class Reader:
    """Bytes in, events out. Raises `MultipartError`."""

    def __init__(self, boundary: str) -> None:
        if not _BOUNDARY.fullmatch(boundary):
            raise MultipartError("the boundary is no boundary: 1 to 200 plain characters")
        self._delimiter = b"\r\n--" + boundary.encode("ascii")
        # The first delimiter may begin the body: as if a line had ended before it.
        self._held = b"\r\n"
        self._state = _State.PREAMBLE
        self._passed = 0  # bytes of the preamble

    def feed(self, data: bytes) -> Iterator[Event]:
        """Take the next bytes; use up what this gives before the next call."""
        self._held += data
        steps = {
            _State.PREAMBLE: self._preamble,
            _State.AFTER_BOUNDARY: self._after_boundary,
            _State.HEADERS: self._headers,
            _State.CONTENT: self._content,
            _State.EPILOGUE: self._epilogue,
        }
        while True:
            before = self._state, len(self._held)
            yield from steps[self._state]()
            if (self._state, len(self._held)) == before:
                return

    def finish(self) -> None:
        """The body has ended. Raises `MultipartError` when it may not end here."""
        if self._state is _State.PREAMBLE:
            raise MultipartError("the boundary of the Content-Type does not occur in the body")
        if self._state is not _State.EPILOGUE:
            raise MultipartError("the body ends without its final boundary: it was cut short")

    def _preamble(self) -> Iterator[Event]:
        place = self._held.find(self._delimiter)
        if place < 0:
            keep = len(self._delimiter) - 1
            self._passed += max(len(self._held) - keep, 0)
            self._held = self._held[-keep:]
        else:
            self._passed += place
            self._held = self._held[place + len(self._delimiter) :]
            self._state = _State.AFTER_BOUNDARY
        if self._passed > _MOST_PREAMBLE:
            raise MultipartError(f"more than {_MOST_PREAMBLE} bytes stand before the first part")
        yield from ()

    def _after_boundary(self) -> Iterator[Event]:
        """`--` ends it all; else blanks and the end of the line."""
        if len(self._held) >= 2 and self._held.startswith(b"--"):
            self._held, self._state = b"", _State.EPILOGUE
            return
        line, end, rest = self._held.partition(b"\r\n")
        more = line.strip(b" \t")
        if more and (end or more not in (b"\r", b"-")):
            raise MultipartError("something stands behind a boundary on its line")
        if end:
            self._held, self._state = b"\r\n" + rest, _State.HEADERS
        elif len(line) > _MOST_PADDING:
            raise MultipartError("too many blanks stand behind a boundary")
        yield from ()

    def _headers(self) -> Iterator[Event]:
        """They end at an empty line; there may be none. A line end was put before the first."""
        block, end, rest = self._held.partition(b"\r\n\r\n")
        if len(block) > _MOST_HEADER_BYTES:
            raise MultipartError(f"the headers of a part are over {_MOST_HEADER_BYTES} bytes")
        if end:
            # The line end before the content may begin the delimiter of an empty part.
            self._held, self._state = rest, _State.CONTENT
            yield PartBegins(_fields(block))

    def _content(self) -> Iterator[Event]:
        place = self._held.find(self._delimiter)
        if place >= 0:
            content, self._held = (
                self._held[:place],
                self._held[place + len(self._delimiter) :],
            )
            self._state = _State.AFTER_BOUNDARY
            if content:
                yield Content(content)
            yield PartEnds()
            return
        keep = self._kept()
        content, self._held = (
            self._held[: len(self._held) - keep],
            self._held[-keep:] if keep else b"",
        )
        if content:
            yield Content(content)

    def _kept(self) -> int:
        """How many bytes at the end may begin a delimiter."""
        last = self._held.rfind(b"\r", max(len(self._held) - len(self._delimiter) + 1, 0))
        while last >= 0:
            if self._delimiter.startswith(self._held[last:]):
                return len(self._held) - last
            last = self._held.rfind(b"\r", max(len(self._held) - len(self._delimiter) + 1, 0), last)
        return 0

    def _epilogue(self) -> Iterator[Event]:
        """Whatever follows means nothing."""
        self._held = b""
        yield from ()


def _fields(block: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in block.split(b"\r\n"):
        if not line:
            continue
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            raise MultipartError(f"{line[:60]!r} is no header of a part")
        if b"\r" in value or b"\n" in value or b"\0" in value:
            raise MultipartError("a header of a part holds a line end of its own")
        key = name.decode("ascii").lower()
        if key in found:
            raise MultipartError(f"a part has two {key} headers")
        found[key] = value.decode("latin-1").strip()
    return found
