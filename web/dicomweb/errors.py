"""What is refused, with the HTTP status that says so."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.errors import PeerError


class Refused(PeerError):
    """The request is answered with `status` and this text."""

    def __init__(
        self,
        status: int,
        text: str,
        headers: Mapping[str, str] | None = None,
        *,
        close: bool = False,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.headers = dict(headers or {})
        self.close = close  # what follows on this connection cannot be trusted or is not wanted
