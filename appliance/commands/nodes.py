"""Remote systems: `node …`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from appliance.commands.program import WRONG, Invocation, common, invocation
from appliance.commands.tables import clean, moment, print_json, print_table, size
from appliance.commands.talk import segment

Command = TypeVar("Command", bound=Callable[..., Any])

_MOST_NAMED = 2  # in a line of a table
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class _Rate(click.ParamType[int]):
    """Bytes per second: 500K, 20M."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"([1-9][0-9]{0,11}) ?([KMG]?)(i?B)?(/s)?", str(value), re.IGNORECASE)
        if found is None:
            self.fail(f"{value!r} is not a number of bytes per second such as 500K or 20M")
        return int(found[1]) * _UNITS[found[2].upper()]


class _Names(click.ParamType[tuple[str, ...]]):
    """Names with commas between."""

    name = "names"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        return tuple(one.strip() for one in str(value).split(",") if one.strip())


@click.group
@common
def node() -> None:
    """Remote systems: where images go to and come from.

    \b
    Example:
      arca node add PACS --ae PACS --host 10.0.0.5 --port 104
      arca node echo PACS
    """


# Every setting of a node: the option, what it is called inside, and what click knows of it.
_SETTINGS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("--ae", "ae_title", {"help": "Its AE title."}),
    ("--host", "host", {"help": "Its address or host name."}),
    ("--port", "port", {"type": click.IntRange(1, 65535)}),
    ("--calling", "calling_ae_title", {"help": "The AE title we call it with; ours if not given."}),
    (
        "--max-associations",
        "max_associations",
        {"type": click.IntRange(1, 64), "help": "Open at the same time.  [default: 2]"},
    ),
    (
        "--bandwidth",
        "bandwidth",
        {"type": _Rate(), "help": "At most so many bytes per second: 500K, 20M."},
    ),
    ("--window", "window", {"help": 'Send between these hours only: "22:00-06:00".'}),
    (
        "--transfer-syntax",
        "transfer_syntaxes",
        {"multiple": True, "help": "A UID it may be sent; may be repeated."},
    ),
    ("--tls/--plain", "tls", {"default": None, "help": "Call it over TLS."}),
    (
        "--services",
        "services",
        {"type": _Names(), "help": "What it may use here: store,find,move …; all if not given."},
    ),
    (
        "--accept-syntax",
        "accepted_syntaxes",
        {"multiple": True, "help": "A transfer syntax it may send; may be repeated."},
    ),
    (
        "--prefer-syntax",
        "preferred_syntax",
        {"help": "The UID of a lossless transfer syntax to bring objects into for it."},
    ),
    (
        "--commitment/--no-commitment",
        "commitment",
        {"default": None, "help": "Ask it for storage commitment after each transfer."},
    ),
    (
        "--max-incoming",
        "max_incoming",
        {"type": click.IntRange(0, 1000), "help": "Associations it may hold open here; 0: any."},
    ),
    (
        "--incoming-rate",
        "incoming_rate",
        {"type": _Rate(), "help": "Bytes per second taken over each of them: 500K, 20M."},
    ),
    ("--url", "url", {"help": "The base of its DICOMweb services: it is sent to over these."}),
    ("--token", "token", {"help": "What it wants to see there.", "envvar": "ARCA_NODE_TOKEN"}),
)


def _settings(*required: str) -> Callable[[Command], Command]:
    """Options for every setting of a node; only what is given is handed to the command."""

    def decorate(command: Command) -> Command:
        for option, name, known in reversed(_SETTINGS):
            known = known | {"required": name in required}
            command = click.option(option, name, **known)(command)
        return command

    return decorate


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in settings.items() if value not in (None, ())}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in found.items()}


@node.command()
@click.argument("name")
@_settings("ae_title", "host", "port")
@common
@invocation
def add(call: Invocation, /, name: str, **settings: Any) -> None:
    """Add the remote system NAME.

    \b
    Example:
      arca node add PACS --ae PACS --host 10.0.0.5 --port 104
      arca node add CLOUD --ae CLOUD --host pacs.example --port 11112 \\
          --bandwidth 2M --window 22:00-06:00
      arca node add WEB --ae WEB --host pacs.example --port 443 \\
          --url https://pacs.example/dicom-web
    """
    made = call.door().post("/nodes", {"name": name, **_given(settings)})
    if call.as_json:
        return print_json(made)
    return click.echo(f"{_named(made)} was added; `arca node echo` tries it.")


@node.command("set")
@click.argument("name")
@_settings()
@common
@invocation
def set_(call: Invocation, /, name: str, **settings: Any) -> None:
    """Change the remote system NAME; what is not given stays.

    \b
    Example:
      arca node set PACS --port 11112 --tls
      arca node set CT1 --services store,worklist,mpps
    """
    changes = _given(settings)
    if not changes:
        raise click.UsageError("say what to change, for example --port 11112")
    made = call.door().patch(f"/nodes/{segment(name)}", changes)
    return print_json(made) if call.as_json else click.echo(f"{_named(made)} was changed.")


@node.command("list")
@common
@invocation
def list_(call: Invocation) -> None:
    """List the remote systems.

    \b
    Example:
      arca node list
    """
    rows = call.door().get("/nodes")
    if call.as_json:
        return print_json(rows)
    titles = ["NAME", "AE TITLE", "HOST", "PORT", "LIMITS", "WAITING", "STATE"]
    return print_table(titles, [_row(row) for row in rows], "No nodes; add one: arca node add")


def _row(row: dict[str, Any]) -> list[object]:
    where = [row["name"], row["ae_title"], row["host"], row["port"]]
    state = "paused" if row["paused"] else row["note"] or "ready"
    return [*where, _limits(row), row["waiting"], state]


def _limits(row: dict[str, Any]) -> str:
    many = row["max_associations"]
    limits = [
        f"{many} association{'s' * (many > 1)}",
        f"{size(row['bandwidth'])}/s" if row["bandwidth"] else "",
        row["window"] or "",
        "TLS" if row["tls"] else "",
        "DICOMweb" if row["url"] else "",
        f"may {', '.join(row['services'])}" if row["services"] else "",
        f"{row['max_incoming']} incoming" if row["max_incoming"] else "",
        f"{size(row['incoming_rate'])}/s incoming" if row["incoming_rate"] else "",
    ]
    return ", ".join(filter(None, limits))


@node.command()
@click.argument("name")
@common
@invocation
def remove(call: Invocation, name: str) -> None:
    """Remove the remote system NAME.

    \b
    Example:
      arca node remove PACS
    """
    answer = call.door().delete(f"/nodes/{segment(name)}")
    return print_json(answer) if call.as_json else click.echo(f"{clean(name)} was removed.")


@node.command()
@click.argument("name")
@common
@invocation
def echo(call: Invocation, name: str) -> None:
    """Try the connection to NAME with a C-ECHO, and say what to change when it fails.

    \b
    Example:
      arca node echo PACS
    """
    answer = call.door().post(f"/nodes/{segment(name)}/echo")
    if call.as_json:
        print_json(answer)
    elif answer["ok"]:
        click.echo(f"{clean(name)} answered in {answer['seconds'] * 1000:.0f} ms.")
    else:
        click.echo(f"{clean(name)} did not answer: {clean(answer['diagnosis'])}")
    if not answer["ok"]:
        raise click.exceptions.Exit(WRONG)


@node.command()
@click.argument("name")
@common
@invocation
def doctor(call: Invocation, name: str) -> None:
    """Try the way to NAME step by step, and say what to change on which side.

    \b
    Example:
      arca node doctor PACS
    """
    steps = []
    for step in call.door().lines(f"/nodes/{segment(name)}/doctor", {}):
        steps.append(step)
        if not call.as_json:
            _show_step(step)
    failed = next((step for step in steps if step["ok"] is False), None)
    if call.as_json:
        print_json({"ok": failed is None, "steps": steps})
    elif failed is None:
        click.echo(f"All is well with {clean(name)}.")
    if failed:
        raise click.exceptions.Exit(WRONG)


def _show_step(step: dict[str, Any]) -> None:
    mark = {True: "ok", False: "WRONG", None: "-"}[step["ok"]]
    milliseconds = step["seconds"] * 1000
    click.echo(f"{step['name']:<12}{mark:<6}{milliseconds:>7.0f} ms  {clean(step['words'])}")


@node.command()
@common
@invocation
def pending(call: Invocation) -> None:
    """List who called and waits to be admitted.

    \b
    Example:
      arca node pending
    """
    rows = call.door().get("/callers")
    if call.as_json:
        return print_json(rows)
    return _show_callers(rows)


def _show_callers(rows: list[dict[str, Any]]) -> None:
    titles = ["AE TITLE", "HOST", "CALLED", "CALLS", "LAST CALL", "ASKED FOR", "IN"]
    print_table(titles, [_caller(row) for row in rows], "Nobody waits to be admitted.")
    for row in rows:
        if row["reason"]:
            click.echo(clean(row["reason"]))


def _caller(row: dict[str, Any]) -> list[object]:
    who = [row["calling_ae_title"], row["host"], row["called_ae_title"]]
    what = [_some(row["asked_for"]), _some(row["transfer_syntaxes"])]
    return [*who, row["calls"], moment(row["last_call"]), *what]


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


@node.command()
@click.argument("ae_title")
@click.option("--host", help="Which one, when several hosts call with this AE title.")
@click.option("--name", help="The name to give it.  [default: its AE title]")
@click.option(
    "--services", type=_Names(), default=(), help="What it may use: store,find …; all if not given."
)
@common
@invocation
def admit(
    call: Invocation,
    ae_title: str,
    host: str | None,
    name: str | None,
    services: tuple[str, ...],
) -> None:
    """Let a caller in that waits to be admitted.

    \b
    Example:
      arca node admit CT1 --host 10.0.0.7 --services store,worklist
    """
    body = {"ae_title": ae_title, "host": host, "name": name, "services": list(services)}
    answer = call.door().post("/callers/admit", body)
    if call.as_json:
        return print_json(answer)
    who = f"{answer['calling_ae_title']} at {answer['host']}"
    return click.echo(f"{clean(who)} is admitted; it can call from now on.")


def _named(row: dict[str, Any]) -> str:
    return clean(f"{row['name']} ({row['ae_title']} at {row['host']}:{row['port']})")
