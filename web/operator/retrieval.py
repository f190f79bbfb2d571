"""Other archives: asking them, and bringing studies from there."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import asdict

from quart import Blueprint, Response, jsonify

from appliance.errors import ApplianceError
from web.forms import QueryForm, RetrieveForm
from web.operator.arguments import body
from web.services.retrieval import Retrieval

log = logging.getLogger(__name__)


def blueprint(retrieval: Retrieval) -> Blueprint:
    door = Blueprint("retrieval", __name__)

    @door.post("/nodes/<path:name>/query")
    async def query(name: str) -> Response:
        response = jsonify(await retrieval.find(name, await body(QueryForm)))
        response.timeout = None  # archives take their time
        return response

    @door.post("/nodes/<path:name>/retrieve")
    async def retrieve(name: str) -> Response:
        form = await body(RetrieveForm)
        response = Response(_lines(retrieval, name, form), mimetype="application/x-ndjson")
        response.timeout = None
        return response

    return door


async def _lines(retrieval: Retrieval, name: str, form: RetrieveForm) -> AsyncIterator[bytes]:
    """One JSON object per line; what goes wrong half-way is the last one."""
    try:
        async with aclosing(retrieval.retrieve(name, form.studies, form.method)) as steps:
            async for step in steps:
                yield json.dumps(asdict(step)).encode() + b"\n"
    except ApplianceError as error:
        yield json.dumps({"error": str(error)}).encode() + b"\n"
    except Exception:  # the connection's edge: the status line is long gone
        log.exception("a retrieval failed")
        text = "something went wrong inside the appliance; its log says what"
        yield json.dumps({"error": text}).encode() + b"\n"
