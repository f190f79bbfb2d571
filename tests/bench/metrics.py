"""How late Arca's event loop ran, read from its own metrics."""

from __future__ import annotations

import http.client
import math
import re
import ssl

_BUCKET = re.compile(r'^arca_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)


def loop_lag(port: int) -> float | None:
    """Seconds: the bound below which every wake-up lay; None when there is nothing to read."""
    try:
        return worst_lag(_fetch(port))
    except (OSError, http.client.HTTPException):
        return None


def _fetch(port: int) -> str:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it made its own
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def worst_lag(exposition: str) -> float | None:
    """The same, from a page of metrics."""
    buckets = [(float(bound), float(count)) for bound, count in _BUCKET.findall(exposition)]
    total = max((count for _, count in buckets), default=0.0)
    reached = [bound for bound, count in buckets if count == total]
    return min(reached, default=math.inf) if total else None
