"""Tokens: made, listed, removed."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify

from web.forms import TokenForm
from web.operator.arguments import body
from web.services.tokens import Tokens


def blueprint(tokens: Tokens) -> Blueprint:
    door = Blueprint("tokens", __name__)

    @door.get("/tokens")
    async def listing() -> Response:
        return jsonify(await tokens.listed())

    @door.post("/tokens")
    async def add() -> tuple[Response, int]:
        return jsonify(await tokens.add(await body(TokenForm))), 201

    @door.delete("/tokens/<path:name>")
    async def remove(name: str) -> Response:
        await tokens.remove(name)
        return jsonify(removed=name)

    return door
