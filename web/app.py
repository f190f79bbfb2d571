"""The two applications: the portal for browsers, the operator's for the Unix socket.

Two objects out of one mould rather than one with a guard: what the operator may do is
simply not there on the portal, whatever a request says. It also lets each be served on
its own, since one application served twice would run its start and stop twice.
"""

from __future__ import annotations

import dataclasses
import logging
from datetime import datetime
from typing import Any

from quart import Response, jsonify, request
from quart.json.provider import DefaultJSONProvider
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException

from appliance.errors import ApplianceError, BadRequest, NameTaken, PeerError, UnknownName
from web.dicomweb.door import Door
from web.dicomweb.services import Dicomweb
from web.headers import CACHE_CONTROL
from web.operator import (
    commitment,
    conformance,
    nodes,
    overview,
    queue,
    retrieval,
    rules,
    studies,
    tokens,
    worklist,
)
from web.services.bundle import Services
from web.status import pages

log = logging.getLogger(__name__)

_STATUS = {BadRequest: 400, UnknownName: 404, NameTaken: 409, PeerError: 502}
_LARGEST_BODY = 64 * 1024
_BODY_SECONDS = 10


class _Json(DefaultJSONProvider):
    """Values as objects and moments as ISO 8601; pure ASCII, so safe on a terminal."""

    sort_keys = False

    @staticmethod
    def default(value: Any) -> Any:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return dataclasses.asdict(value)
        if isinstance(value, datetime):
            return value.isoformat()
        return DefaultJSONProvider.default(value)


def build_portal(
    services: Services, *, language: str = "en", dicomweb: Dicomweb | None = None
) -> QuartTrio:
    """What browsers, monitors and scrapers see: no patient data, nothing to change.

    And DICOMweb, which lets nobody in without a token.
    """
    app = _mould("portal")
    app.register_blueprint(pages.blueprint(services.overview, language))
    if dicomweb is not None:
        app.asgi_app = Door(app.asgi_app, dicomweb)  # type: ignore[method-assign]
    return app


def build_operator(services: Services) -> QuartTrio:
    """Everything the command line asks; `web.server` serves it on Unix sockets only."""
    app = _mould("operator")
    app.register_blueprint(overview.blueprint(services.overview))
    app.register_blueprint(studies.blueprint(services.studies))
    app.register_blueprint(nodes.blueprint(services.nodes))
    app.register_blueprint(rules.blueprint(services.rules))
    app.register_blueprint(queue.blueprint(services.queue))
    app.register_blueprint(retrieval.blueprint(services.retrieval))
    app.register_blueprint(worklist.blueprint(services.worklist))
    app.register_blueprint(commitment.blueprint(services.commitments))
    app.register_blueprint(tokens.blueprint(services.tokens))
    app.register_blueprint(conformance.blueprint(services.conformance))
    return app


def _mould(door: str) -> QuartTrio:
    app = QuartTrio("web", static_folder=None, template_folder=None)
    app.config.update(DOOR=door, MAX_CONTENT_LENGTH=_LARGEST_BODY, BODY_TIMEOUT=_BODY_SECONDS)
    app.json = _Json(app)
    app.register_error_handler(ApplianceError, _told)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _unexpected)
    app.after_request(_dress)
    return app


def _dress(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", CACHE_CONTROL)
    return response


def _told(error: ApplianceError) -> tuple[Response, int]:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 409)
    return jsonify(error=str(error)), status


def _refused(error: HTTPException) -> tuple[Response, int, dict[str, str]]:
    allow = {name: value for name, value in error.get_headers() if name == "Allow"}
    return jsonify(error=error.name), error.code or 500, allow


def _unexpected(error: Exception) -> tuple[Response, int]:
    # The rule, not the path: a path may hold a study's UID.
    log.error("%s %s failed", request.method, request.url_rule, exc_info=error)
    return jsonify(error="something went wrong inside the appliance; its log says what"), 500
