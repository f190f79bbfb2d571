"""What the process writes about itself: one JSON object per line, on standard error.

On a terminal the same lines are for a person. Neither format lets what came over the
wire end a line or steer a terminal.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from appliance.clock import local

# Libraries that tell, at info or debug level, what is in the objects they handle.
_QUIET = ("tortoise", "aiosqlite", "asyncpg", "pydicom", "pynetdicom", "httpx", "httpcore", "quart")

_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """time, level, where, text, what was passed as `extra`, and the error if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _moment(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "where": record.name,
            "text": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class Plain(logging.Formatter):
    """For a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        clock = local(_moment(record)).strftime("%H:%M:%S")
        more = "".join(f" {name}={value}" for name, value in _extra(record).items())
        line = _harmless(
            f"{clock} {record.levelname.lower():<8} {record.name}: {record.getMessage()}{more}"
        )
        if not record.exc_info:
            return line
        trace = self.formatException(record.exc_info).splitlines()
        return "\n".join([line, *(f"    {_harmless(one)}" for one in trace)])


def set_up(level: str, stream: TextIO | None = None) -> logging.Handler:
    """Send every record from `level` ("debug" to "error") on to `stream`, or standard error.

    Replaces what an earlier call set up.
    """
    target = sys.stderr if stream is None else stream
    handler = logging.StreamHandler(target)
    handler.setFormatter(Plain() if target.isatty() else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    return handler


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _KNOWN}


def _harmless(text: str) -> str:
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
