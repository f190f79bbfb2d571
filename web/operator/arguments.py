"""What stands behind the question mark of an address, and the body of a request."""

from __future__ import annotations

from collections.abc import Mapping

from quart import request

from appliance.errors import BadRequest
from web.forms import Form, read


def number(arguments: Mapping[str, str], name: str) -> int | None:
    """A whole number from 0 on, or None when it is not given. Raises `BadRequest`."""
    text = arguments.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadRequest(f"{name} = {text!r} must be a whole number")
    return int(text)


async def body(form: type[Form]) -> Form:
    """The JSON body as a form. Raises `BadRequest`."""
    return read(form, await request.get_json(force=True))
