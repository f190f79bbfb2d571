"""Studies: which there are, sending one, taking files in."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from quart import Blueprint, Response, jsonify, request

from appliance.errors import ApplianceError, BadRequest
from web.forms import ImportForm, SendForm
from web.operator.arguments import body, number
from web.services.studies import Studies

log = logging.getLogger(__name__)


def blueprint(studies: Studies) -> Blueprint:
    door = Blueprint("studies", __name__)

    @door.get("/studies")
    async def listing() -> Response:
        limit = number(request.args, "limit")
        return jsonify(await studies.find(request.args.get("search", ""), limit or None))

    @door.post("/studies/<study_uid>/send")
    async def send(study_uid: str) -> Response:
        form = await body(SendForm)
        return jsonify(await studies.send(study_uid, form.node, form.priority))

    @door.post("/import")
    async def take_in() -> Response:
        path = Path((await body(ImportForm)).path)
        if not path.is_absolute():
            raise BadRequest(f"{path} must be an absolute path")
        response = Response(_lines(studies, path), mimetype="application/x-ndjson")
        response.timeout = None  # an import takes as long as it takes
        return response

    return door


async def _lines(studies: Studies, path: Path) -> AsyncIterator[bytes]:
    """One JSON object per line; what goes wrong half-way is the last one."""
    try:
        async with aclosing(studies.import_path(path)) as reports:
            async for report in reports:
                yield _line(asdict(report))
    except ApplianceError as error:
        yield _line({"error": str(error), "done": True})
    except Exception:  # the connection's edge: the status line is long gone
        log.exception("an import failed")
        text = "something went wrong inside the appliance; its log says what"
        yield _line({"error": text, "done": True})


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"
