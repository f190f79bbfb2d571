"""The conformance statement."""

from __future__ import annotations

from typing import Protocol


class Conformance(Protocol):
    """What the appliance can do in DICOM, on paper."""

    async def statement(self, form: str, language: str) -> str:
        """`form` is "markdown" or "html"; `language` "en", "es", or "" for the clinic's own."""
        ...
