"""Strict TOML: every table is a dataclass, every unknown key and wrong value an error in words."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from appliance.errors import ConfigError

S = TypeVar("S")


class Size(int):
    """A number of bytes; in the file also as text, "5 GB" or "512 MiB"."""


def read_toml(path: Path) -> dict[str, Any]:
    """The tables in a file. Raises `ConfigError`."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error


def section(kind: type[S], table: Any, path: Path | None, prefix: str) -> S:
    """A dataclass from a table; fields that are dataclasses are tables in it.

    Raises `ConfigError`, which names the file, the key and the nearest known key.
    """
    if not isinstance(table, Mapping):
        raise ConfigError(f"{path}: {prefix} must be a table: write [{prefix}] above its keys")
    known = get_type_hints(kind)
    for key in table:
        if key not in known:
            raise ConfigError(_unknown(path, _dotted(prefix, key), prefix, key, list(known)))
    values = {
        key: _value(known[key], value, path, _dotted(prefix, key)) for key, value in table.items()
    }
    return kind(**values)


def _dotted(prefix: str, key: str) -> str:
    return f"{prefix}.{key}" if prefix else key


def _unknown(path: Path | None, where: str, prefix: str, key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, 1, 0.5)
    hint = f"did you mean {_dotted(prefix, near[0])}?" if near else f"known are {', '.join(known)}"
    return f"{path}: unknown key {where}; {hint}"


def _value(kind: Any, value: Any, path: Path | None, where: str) -> Any:
    if is_dataclass(kind):
        return section(kind, value, path, where)  # type: ignore[arg-type]
    converted = _convert(kind, value)
    if converted is None:
        raise ConfigError(f"{path}: {where} = {value!r} is not {_words(kind)}")
    return converted


def _convert(kind: Any, value: Any) -> Any:
    if get_origin(kind) is Literal:
        return value if value in get_args(kind) else None
    if get_origin(kind) is tuple:
        strings = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return tuple(value) if strings else None
    if kind is Size:
        return _size(value)
    if kind is Path:
        return Path(value).expanduser() if isinstance(value, str) and value else None
    if kind is float and type(value) is int:
        return float(value)
    return value if type(value) is kind else None


_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40}


def _size(value: Any) -> Size | None:
    if type(value) is int and value >= 0:
        return Size(value)
    match = (
        re.fullmatch(r"(\d{1,15}(?:\.\d{1,3})?)\s*([A-Za-z]*)", value)
        if isinstance(value, str)
        else None
    )
    if match is None or match[2].upper() not in _UNITS:
        return None
    return Size(float(match[1]) * _UNITS[match[2].upper()])


def _words(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(repr(choice) for choice in get_args(kind))
    if get_origin(kind) is tuple:
        return "a list of texts"
    words = {
        Size: 'a size: bytes, or text such as "5 GB"',
        Path: "a path in quotes",
        str: "a text in quotes",
        int: "a whole number",
        float: "a number",
        bool: "true or false",
    }
    return words[kind]
