"""How the appliance is doing, in full."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify, request

from web.operator.arguments import number
from web.services.overview import Overview

_EVENTS = 50


def blueprint(overview: Overview) -> Blueprint:
    door = Blueprint("overview", __name__)

    @door.get("/status")
    async def status() -> Response:
        now = await overview.status()
        return jsonify({"well": now.well, "status": now})

    @door.get("/events")
    async def events() -> Response:
        return jsonify(await overview.events(number(request.args, "limit") or _EVENTS))

    return door
