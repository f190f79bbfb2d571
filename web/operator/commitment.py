"""Storage commitment: who was promised what, and who promised us."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify

from web.services.commitment import Commitments


def blueprint(commitments: Commitments) -> Blueprint:
    door = Blueprint("commitment", __name__)

    @door.get("/commitment")
    async def listing() -> Response:
        return jsonify(await commitments.listed())

    return door
