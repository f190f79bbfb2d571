"""Rules: which there are, and what they would do."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify

from web.forms import RuleForm, TrialForm
from web.operator.arguments import body
from web.services.rules import Rules


def blueprint(rules: Rules) -> Blueprint:
    door = Blueprint("rules", __name__)

    @door.get("/rules")
    async def listing() -> Response:
        return jsonify(await rules.listed())

    @door.post("/rules")
    async def add() -> tuple[Response, int]:
        return jsonify(await rules.add(await body(RuleForm))), 201

    @door.delete("/rules/<path:name>")
    async def remove(name: str) -> Response:
        await rules.remove(name)
        return jsonify(removed=name)

    @door.post("/rules/test")
    async def test() -> Response:
        form = await body(TrialForm)
        return jsonify(await rules.test(form.study, form.when))

    return door
