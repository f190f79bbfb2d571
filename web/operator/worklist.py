"""The worklist: what is scheduled, where it comes from, what became of it."""

from __future__ import annotations

from pathlib import Path

from quart import Blueprint, Response, jsonify, request

from appliance.errors import BadRequest
from web.forms import CopyForm, ImportForm, ScheduleForm
from web.operator.arguments import body, number
from web.services.worklist import Worklist


def blueprint(worklist: Worklist) -> Blueprint:
    door = Blueprint("worklist", __name__)

    @door.get("/worklist")
    async def listing() -> Response:
        limit, all_ = number(request.args, "limit"), number(request.args, "all")
        search = request.args.get("search", "")
        return jsonify(await worklist.listed(search, bool(all_), limit or None))

    @door.post("/worklist")
    async def add() -> tuple[Response, int]:
        return jsonify(await worklist.add(await body(ScheduleForm))), 201

    @door.get("/worklist/<int:item>")
    async def show(item: int) -> Response:
        return jsonify(await worklist.show(item))

    @door.delete("/worklist/<int:item>")
    async def remove(item: int) -> Response:
        await worklist.remove(item)
        return jsonify(removed=item)

    @door.post("/worklist/import")
    async def take_in() -> Response:
        path = Path((await body(ImportForm)).path)
        if not path.is_absolute():
            raise BadRequest(f"{path} must be an absolute path")
        return jsonify(await worklist.import_path(path))

    @door.get("/worklist/performed")
    async def performed() -> Response:
        return jsonify(await worklist.performed(number(request.args, "limit") or None))

    _copies(door, worklist)
    return door


def _copies(door: Blueprint, worklist: Worklist) -> None:
    @door.get("/worklist/copies")
    async def copies() -> Response:
        return jsonify(await worklist.copies())

    @door.post("/worklist/copies")
    async def copy() -> Response:
        return jsonify(await worklist.copy(await body(CopyForm)))

    @door.delete("/worklist/copies/<path:node>")
    async def stop(node: str) -> Response:
        await worklist.stop_copying(node)
        return jsonify(removed=node)
