"""The queue: what is on its way, and pushing, pausing, resuming it."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify, request

from web.services.queue import Queue


def blueprint(queue: Queue) -> Blueprint:
    door = Blueprint("queue", __name__)

    @door.get("/queue")
    async def listing() -> Response:
        wanted = request.args.get("destination"), request.args.get("state")
        return jsonify(await queue.jobs(*wanted))

    @door.post("/queue/<int:job>/retry")
    async def retry(job: int) -> Response:
        return jsonify(retried=await queue.retry(job))

    @door.post("/queue/retry")
    async def retry_all() -> Response:
        return jsonify(retried=await queue.retry(None))

    @door.post("/nodes/<path:name>/pause")
    async def pause(name: str) -> Response:
        return jsonify(await queue.pause(name))

    @door.post("/nodes/<path:name>/resume")
    async def resume(name: str) -> Response:
        return jsonify(await queue.resume(name))

    return door
