"""The conformance statement."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify, request

from web.services.conformance import Conformance


def blueprint(conformance: Conformance) -> Blueprint:
    door = Blueprint("conformance", __name__)

    @door.get("/conformance")
    async def statement() -> Response:
        form = request.args.get("form", "markdown")
        text = await conformance.statement(form, request.args.get("language", ""))
        return jsonify(text=text)

    return door
