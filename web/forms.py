"""What comes in as JSON: read strictly, with an error that names the field."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from appliance.errors import BadRequest

Form = TypeVar("Form")


@dataclass(frozen=True, slots=True)
class NodeForm:
    """A node to add."""

    name: str
    ae_title: str
    host: str
    port: int
    calling_ae_title: str = ""
    transfer_syntaxes: tuple[str, ...] = ()
    max_associations: int = 2
    bandwidth: int | None = None  # bytes per second
    window: str | None = None  # "22:00-06:00"
    tls: bool = False
    services: tuple[str, ...] = ()
    accepted_syntaxes: tuple[str, ...] = ()
    preferred_syntax: str = ""
    commitment: bool = False
    url: str = ""
    token: str = ""
    max_incoming: int | None = None
    incoming_rate: int | None = None  # bytes per second


@dataclass(frozen=True, slots=True)
class NodeChanges:
    """What to change about a node; what is left out stays. An empty text takes it away."""

    ae_title: str | None = None
    host: str | None = None
    port: int | None = None
    calling_ae_title: str | None = None
    transfer_syntaxes: tuple[str, ...] | None = None
    max_associations: int | None = None
    bandwidth: int | None = None  # 0: no limit
    window: str | None = None
    tls: bool | None = None
    services: tuple[str, ...] | None = None
    accepted_syntaxes: tuple[str, ...] | None = None
    preferred_syntax: str | None = None
    commitment: bool | None = None
    url: str | None = None
    token: str | None = None
    max_incoming: int | None = None  # 0: no limit
    incoming_rate: int | None = None  # 0: no limit


@dataclass(frozen=True, slots=True)
class RuleForm:
    """A rule to add."""

    name: str
    when: str
    to: str
    per: Literal["instance", "study"] = "instance"
    priority: int = 0
    window: str | None = None


@dataclass(frozen=True, slots=True)
class TrialForm:
    """A study to try rules on, an expression to try, or both."""

    study: str | None = None
    when: str | None = None


@dataclass(frozen=True, slots=True)
class SendForm:
    """Where a study shall go."""

    node: str
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class AdmitForm:
    """A held caller to let in."""

    ae_title: str
    host: str | None = None
    name: str | None = None
    services: tuple[str, ...] = ()  # it may use; empty: all


@dataclass(frozen=True, slots=True)
class TokenForm:
    """A token to make."""

    name: str
    may: tuple[str, ...] = ("search", "retrieve", "store")
    days: int | None = None  # None: it never ends


@dataclass(frozen=True, slots=True)
class ImportForm:
    """A file or folder on the appliance's own disk."""

    path: str


@dataclass(frozen=True, slots=True)
class QueryForm:
    """What is asked of another archive; an empty field asks for all."""

    patient_id: str = ""
    patient_name: str = ""
    accession_number: str = ""
    study_id: str = ""
    study_description: str = ""
    study_date: str = ""
    institution: str = ""
    referring_physician: str = ""
    modality: str = ""
    study_uid: str = ""
    others: tuple[str, ...] = ()  # "Keyword=value"
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class RetrieveForm:
    """Which studies are to be brought here, and how."""

    studies: tuple[str, ...]
    method: Literal["auto", "get", "move"] = "auto"


@dataclass(frozen=True, slots=True)
class ScheduleForm:
    """A step to schedule; the fields of a worklist item by their names, "" is not known."""

    at: str  # "2026-11-30 09:30", on the clinic's clock
    fields: dict[str, str]
    station_ae_titles: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()  # protocol codes as "value:scheme:meaning"


@dataclass(frozen=True, slots=True)
class CopyForm:
    """A worklist to copy: now, or every so often from now on."""

    node: str
    days: int = 1  # today and so many more
    every_seconds: int | None = None


def read(form: type[Form], body: object) -> Form:
    """`body` as a `form`. Raises `BadRequest` for a field unknown, missing or of another type."""
    if not isinstance(body, dict):
        raise BadRequest("the request must be a JSON object")
    kinds = get_type_hints(form)
    unknown = sorted(set(body) - set(kinds))
    if unknown:
        raise BadRequest(f"{unknown[0]} is not a field here; known: {', '.join(kinds)}")
    values = {name: _value(name, kinds[name], given) for name, given in body.items()}
    for one in fields(form):  # type: ignore[arg-type]
        if one.name not in values and one.default is MISSING:
            raise BadRequest(f"{one.name} is missing")
    return form(**values)


def _value(name: str, kind: Any, given: object) -> Any:
    if get_origin(kind) is dict and isinstance(given, dict):
        return {key: _value(key, get_args(kind)[1], one) for key, one in given.items()}
    several = next((one for one in (kind, *get_args(kind)) if get_origin(one) is tuple), None)
    if several is not None and isinstance(given, list):
        return tuple(_value(name, get_args(several)[0], one) for one in given)
    if not _fits(kind, given):
        raise BadRequest(f"{name} = {given!r} must be {_words(kind)}")
    return given


def _fits(kind: Any, given: object) -> bool:
    if isinstance(kind, UnionType):
        return any(_fits(one, given) for one in get_args(kind))
    if get_origin(kind) is Literal:
        return given in get_args(kind)
    return type(given) is kind  # bool is an int for isinstance, but not here


def _words(kind: Any) -> str:
    if get_origin(kind) is tuple:
        return "a list"
    if get_origin(kind) is dict:
        return "an object"
    if isinstance(kind, UnionType):
        return " or ".join(_words(one) for one in get_args(kind))
    if get_origin(kind) is Literal:
        return " or ".join(f'"{one}"' for one in get_args(kind))
    return {str: "text", int: "a whole number", bool: "true or false"}.get(kind, "nothing")
