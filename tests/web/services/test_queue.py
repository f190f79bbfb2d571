"""What is known of a transfer leaves as it is."""

from __future__ import annotations

from datetime import UTC, datetime

from web.app import _Json
from web.services.queue import Job


def test_a_job_leaves_field_by_field() -> None:
    began = datetime(2026, 3, 1, tzinfo=UTC)
    told = _Json.default(Job(17, "PACS", "waiting", "1.2.3", "", 0, 12, 7, 2, None, "", began))
    assert (told["id"], told["state"], told["next_try"]) == (17, "waiting", None)
    assert _Json.default(told["created"]) == "2026-03-01T00:00:00+00:00"
