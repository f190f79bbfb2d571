"""Which of the forms a client accepts is the best we have (PS3.18 8.7, RFC 9110 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from web.dicomweb.errors import Refused

_MOST_TYPES = 64
_LONGEST = 8192
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE = re.compile(rf"\s*({_WORD})/({_WORD})\s*")
_PARAMETER = re.compile(rf'\s*;\s*({_WORD})\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]+)\s*')
_Q = re.compile(r"(0(\.\d{0,3})?|1(\.0{0,3})?)")


@dataclass(frozen=True, slots=True)
class MediaType:
    """`multipart/related; type="application/dicom"; transfer-syntax=*; q=0.9`, taken apart."""

    name: str  # "multipart/related", lower case
    parameters: Mapping[str, str] = field(default_factory=dict)
    q: float = 1.0

    @property
    def inner(self) -> str:
        """Of a multipart type: what its parts are."""
        return self.parameters.get("type", "").lower()

    @property
    def transfer_syntax(self) -> str:
        return self.parameters.get("transfer-syntax", "")


@dataclass(frozen=True, slots=True)
class Form:
    """A form that we can answer in."""

    name: str
    inner: str = ""  # of a multipart

    def __str__(self) -> str:
        return f'{self.name}; type="{self.inner}"' if self.inner else self.name


def parse(text: str) -> list[MediaType]:
    """Media types in their order. Raises `Refused` for what is none."""
    if len(text) > _LONGEST:
        raise Refused(400, f"the list of accepted media types is over {_LONGEST} characters")
    types: list[MediaType] = []
    position = 0
    while position < len(text):
        one, position = _one(text, position)
        types.append(one)
        if len(types) > _MOST_TYPES:
            raise Refused(400, f"more than {_MOST_TYPES} media types are listed")
    return types


def _one(text: str, position: int) -> tuple[MediaType, int]:
    found = _TYPE.match(text, position)
    if found is None:
        raise Refused(400, f"{text[position : position + 80]!r} is no media type")
    name, position = f"{found[1]}/{found[2]}".lower(), found.end()
    parameters: dict[str, str] = {}
    while (parameter := _PARAMETER.match(text, position)) is not None:
        parameters[parameter[1].lower()] = _unquoted(parameter[2])
        position = parameter.end()
    if position < len(text) and text[position] != ",":
        raise Refused(400, f"{text[position : position + 80]!r} does not belong into a media type")
    q = parameters.pop("q", "1")
    if not _Q.fullmatch(q):
        raise Refused(400, f"q={q[:20]} is not between 0 and 1")
    return MediaType(name, parameters, float(q)), position + 1


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def accepted(header: str | None, parameter: str | None) -> list[MediaType]:
    """What the client accepts, the best first; `accept` in the address goes before the header."""
    types = parse(parameter or header or "*/*") or [MediaType("*/*")]
    wanted = [one for one in types if one.q > 0]
    return sorted(wanted, key=lambda one: -one.q)


def choose(wanted: Sequence[MediaType], forms: Sequence[Form]) -> tuple[Form, MediaType]:
    """The first of our forms that the client likes best. Raises `Refused` 406."""
    for one in wanted:
        for form in forms:
            if fits(one, form):
                return form, one
    raise Refused(406, f"only these forms can be had: {', '.join(map(str, forms))}")


def fits(wanted: MediaType, form: Form) -> bool:
    """Whether a form is what a media type, perhaps with wildcards, means."""
    if wanted.name == "multipart/related" and form.name == "multipart/related":
        return not wanted.inner or _covers(wanted.inner, form.inner)
    return _covers(wanted.name, form.name)


def _covers(pattern: str, name: str) -> bool:
    if pattern == "*/*":
        return True
    kind, _, rest = pattern.partition("/")
    return pattern == name or (rest == "*" and name.startswith(f"{kind}/"))
