"""What the web asks for the statement is what the process answers."""

from __future__ import annotations

import inspect

from appliance.answers import statement
from web.services.conformance import Conformance


def test_the_question_is_the_answer() -> None:
    asked = inspect.signature(Conformance.statement)
    assert inspect.signature(statement.Conformance.statement) == asked
