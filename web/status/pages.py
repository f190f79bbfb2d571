"""The status page, `/healthz` and `/metrics`: open to anyone, so without patient data."""

from __future__ import annotations

from pathlib import Path

from quart import Blueprint, Response, jsonify, render_template, request

from web.services.overview import Overview
from web.status.texts import LANGUAGES, Texts

_HERE = Path(__file__).parent
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def blueprint(overview: Overview, language: str) -> Blueprint:
    """`language` is spoken to a browser that asks for none of ours."""
    door = Blueprint(
        "status",
        __name__,
        root_path=str(_HERE),
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )

    @door.get("/")
    async def page() -> Response:
        spoken = request.accept_languages.best_match(LANGUAGES) or language
        text = await render_template(
            "status.html", status=await overview.status(), texts=Texts(spoken)
        )
        headers = {"Content-Language": spoken, "Vary": "Accept-Language"}
        return Response(text, mimetype="text/html", headers=headers)

    @door.get("/healthz")
    async def health() -> tuple[Response, int]:
        # Names only: a failure's own words may hold what a stranger should not read.
        failing = [part.name for part in await overview.healthy() if not part.well]
        return jsonify(status="failing" if failing else "ok", failing=failing), (
            503 if failing else 200
        )

    @door.get("/metrics")
    async def metrics() -> Response:
        return Response(await overview.exposition(), content_type=_PROMETHEUS)

    return door
