from __future__ import annotations

from typing import Any


async def test_the_statement(ask: Any) -> None:
    status, answer = await ask("GET", "/conformance")
    assert (status, answer) == (200, {"text": "# DICOM Conformance Statement\n"})
    answer = (await ask("GET", "/conformance?form=html&language=es"))[1]
    assert answer == {"text": "<h1>Declaración</h1>"}


async def test_what_there_is_not(ask: Any) -> None:
    assert (await ask("GET", "/conformance?form=pdf"))[0] == 400
    assert (await ask("GET", "/conformance?language=fr"))[0] == 400
