"""Conditions in CEL: compiled once with errors that help, evaluated without ever failing.

The language is the Common Expression Language (https://cel.dev): it has no loops but the
macros over lists, so with a bound on length and macros every evaluation is short.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol

import cel

from appliance.errors import BadRequest
from appliance.routing.model import Fact
from appliance.routing.surroundings import OF_STUDIES, OURS, all_names, is_keyword, sample

_LONGEST = 2000
_MOST_MACROS = 2
_LONGEST_SHOWN = 60
_MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")
_TAG_CALL = re.compile(r"""\btag\(\s*(['"])([^'"]*)\1\s*\)""")
_UNDEFINED = re.compile(r"Undefined variable or function: '([^']*)'")
# What cel raises for an expression that cannot be answered.
_TROUBLE = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "lower": lambda text: str(text).lower(),
    "upper": lambda text: str(text).upper(),
}
_CEL_FUNCTIONS = frozenset(
    {
        *("size", "contains", "startsWith", "endsWith", "matches"),
        *("int", "uint", "double", "string", "bytes", "timestamp", "duration"),
        *("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"),
        *("getHours", "getMinutes", "getSeconds", "getMilliseconds"),
        *("tag", *_FUNCTIONS),
    }
)


class Values(Protocol):
    """Where an expression finds what its names stand for."""

    def value(self, name: str) -> Any: ...

    def tag(self, name: str) -> str: ...


@dataclass(frozen=True, slots=True)
class _Sample:
    """Values to try an expression on."""

    def value(self, name: str) -> Any:
        return sample(name)

    def tag(self, _: str) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the conditions that must all hold."""

    source: str
    program: cel.Program


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled expression."""

    source: str
    program: cel.Program
    parts: tuple[Part, ...]

    def holds(self, values: Values) -> tuple[bool, str]:
        """Whether it holds, and why that cannot be said ("" when it can)."""
        return _evaluate(self.program, values)

    def facts(self, values: Values) -> list[Fact]:
        """What each of its parts comes to, with the values it saw."""
        found = []
        for part in self.parts:
            holds, error = _evaluate(part.program, values)
            found.append(Fact(part.source, holds, dict(_seen(part, values)), error))
        return found


def compile_condition(source: str, *, per_study: bool) -> Condition:
    """Raises `BadRequest` with words that say where the mistake is and what was meant."""
    text = source.strip()
    if not text:
        raise BadRequest("the condition is empty; write true to mean everything")
    if len(text) > _LONGEST:
        raise BadRequest(f"the condition is longer than {_LONGEST} characters: make two rules")
    if len(_MACRO.findall(text)) > _MOST_MACROS:
        raise BadRequest(f"more than {_MOST_MACROS} of all, exists, map and filter in a condition")
    program = _compile(text)
    _check_names(text, program, per_study=per_study)
    _try(text, program)
    parts = tuple(Part(part, _compile(part)) for part in conjuncts(text))
    return Condition(text, program, parts)


def _compile(text: str) -> cel.Program:
    try:
        return cel.compile(text)
    except ValueError as error:
        raise BadRequest(f"'{text}' is not understood: {_syntax(str(error))}") from None


def _syntax(message: str) -> str:
    found = re.search(r"<input>:(\d+):(\d+): (.*?)(?: expecting \{.*)?$", message, re.MULTILINE)
    return f"{found[3]} at character {found[2]}" if found else message.splitlines()[0]


def _check_names(text: str, program: cel.Program, *, per_study: bool) -> None:
    bound = set(_MACRO.findall(text))
    for name in program.variables():
        if name in OF_STUDIES and not per_study:
            raise BadRequest(f"'{name}' is known only to rules per study")
        if not (name in bound or name in OURS or name in OF_STUDIES or is_keyword(name)):
            raise BadRequest(f"'{name}' is not known{_near(name, all_names(per_study=per_study))}")
    for name in program.functions():
        if name.isidentifier() and not name.startswith("_") and name not in _CEL_FUNCTIONS:
            raise BadRequest(f"there is no function '{name}'{_near(name, sorted(_CEL_FUNCTIONS))}")


def _near(name: str, known: list[str]) -> str:
    by_fold = {one.lower(): one for one in reversed(known)}
    found = get_close_matches(name.lower(), by_fold, n=1, cutoff=0.6)
    return f": did you mean {by_fold[found[0]]}?" if found else ""


def _try(text: str, program: cel.Program) -> None:
    """Find what can never work by evaluating it once on sample values."""
    try:
        value = program.execute(_context(_Sample()))
    except TypeError:
        raise BadRequest(
            f"'{text}' compares or combines different kinds of values: text stands in quotes "
            "(Modality == 'CT'), numbers do not (Rows > 512)"
        ) from None
    except _TROUBLE:
        return  # an empty sample proves nothing: an index or a conversion may fail on it
    if not isinstance(value, bool):
        raise BadRequest(f"'{text}' gives {value!r}: a condition must be true or false")


def _context(values: Values) -> cel.Context:
    context = cel.Context(functions=_FUNCTIONS | {"tag": lambda name: values.tag(str(name))})
    context.set_variable_resolver(values.value)
    return context


def _evaluate(program: cel.Program, values: Values) -> tuple[bool, str]:
    try:
        return program.execute(_context(values)) is True, ""
    except _TROUBLE as error:
        return False, _words(error)


def _words(error: Exception) -> str:
    message = str(error)
    if undefined := _UNDEFINED.search(message):
        name = undefined[1]
        return f"there is no {name} (ask before: tag('{name}') != '')"
    if isinstance(error, KeyError):
        return f"there is no entry {message}"
    if isinstance(error, TypeError):
        return "different kinds of values are compared or combined"
    return message.partition(". Check ")[0]


def _seen(part: Part, values: Values) -> Iterator[tuple[str, str]]:
    bound = set(_MACRO.findall(part.source))
    for name in part.program.variables():
        if name not in bound and name != "tags":
            yield name, _shown(values.value(name))
    for _, name in _TAG_CALL.findall(part.source):
        yield f"tag('{name}')", _shown(values.tag(name))


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "absent"
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


_TOKEN = re.compile(
    r"""(?P<text>[rR]?(?:'''[\s\S]*?'''|\"""[\s\S]*?\""")
      |[rR](?:'[^']*'|"[^"]*")
      |'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
      |(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<and>&&)|(?P<other>\|\||\?|//)|(?P<rest>[\s\S])""",
    re.VERBOSE,
)


def conjuncts(text: str) -> list[str]:
    """The parts that a condition joins by && at its top; itself when it has no such form."""
    parts, start, depth = [], 0, 0
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        depth += {"open": 1, "close": -1}.get(kind or "", 0)
        if kind == "other" and (depth == 0 or token[0] == "//"):
            return [text]
        if kind == "and" and depth == 0:
            parts.append(text[start : token.start()].strip())
            start = token.end()
    return [*parts, text[start:].strip()]
