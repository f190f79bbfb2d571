"""Nodes: the registry, who waits to be admitted, how associations went."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import asdict

from quart import Blueprint, Response, jsonify, request

from web.forms import AdmitForm, NodeChanges, NodeForm
from web.operator.arguments import body
from web.services.nodes import Nodes, Step


def blueprint(nodes: Nodes) -> Blueprint:
    door = Blueprint("nodes", __name__)

    @door.get("/nodes")
    async def listing() -> Response:
        return jsonify(await nodes.listed())

    @door.post("/nodes")
    async def add() -> tuple[Response, int]:
        return jsonify(await nodes.add(await body(NodeForm))), 201

    @door.patch("/nodes/<path:name>")
    async def change(name: str) -> Response:
        return jsonify(await nodes.change(name, await body(NodeChanges)))

    @door.delete("/nodes/<path:name>")
    async def remove(name: str) -> Response:
        await nodes.remove(name)
        return jsonify(removed=name)

    @door.post("/nodes/<path:name>/echo")
    async def echo(name: str) -> Response:
        return jsonify(await nodes.echo(name))

    @door.post("/nodes/<path:name>/doctor")
    async def examine(name: str) -> Response:
        response = Response(_lines(nodes.examine(name)), mimetype="application/x-ndjson")
        response.timeout = None  # each step has its own
        return response

    @door.get("/callers")
    async def pending() -> Response:
        return jsonify(await nodes.pending())

    @door.post("/callers/admit")
    async def admit() -> Response:
        form = await body(AdmitForm)
        return jsonify(await nodes.admit(form.ae_title, form.host, form.name, form.services))

    @door.get("/associations")
    async def associations() -> Response:
        return jsonify(await nodes.associations(request.args.get("peer")))

    return door


async def _lines(steps: AsyncGenerator[Step, None]) -> AsyncIterator[bytes]:
    """One JSON object per step, as soon as it is done."""
    async with aclosing(steps):
        async for step in steps:
            yield json.dumps(asdict(step)).encode() + b"\n"
