"""What is done in this very process: `serve`, `verify`, `reindex`, `check`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from appliance import logs
from appliance.commands.program import (
    MISUSED,
    WRONG,
    Failure,
    Finding,
    Invocation,
    Progress,
    common,
    invocation,
)
from appliance.commands.tables import clean, print_json, print_table
from appliance.errors import ApplianceError, ConfigError
from storage.errors import StoreError

_KINDS = ("corrupt", "missing", "unlisted", "ledger")


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        raise Failure(str(error), MISUSED) from error
    except (ApplianceError, StoreError) as error:
        raise Failure(str(error), WRONG) from error


@click.command()
@common
@invocation
def serve(call: Invocation) -> None:
    """Run the appliance until it is told to stop (Ctrl-C or SIGTERM).

    \b
    Example:
      arca serve --config /etc/arca/config.toml
    """
    config = call.config()
    logs.set_up(config.log.level)
    with _in_words():
        call.local().run(config)


@click.command()
@common
@invocation
def verify(call: Invocation) -> None:
    """Read everything in the store and compare it with the ledger.

    Exits 1 when anything is corrupt, missing or not listed, or the ledger's chain broken.

    \b
    Example:
      arca verify
    """
    with _in_words(), _counting("objects read") as progress:
        report = call.local().verify_store(call.config(), progress)
    found = {kind: _plain(getattr(report, kind)) for kind in _KINDS}
    if call.as_json:
        print_json({"checked": report.checked, **found})
    else:
        _show_report(report.checked, found)
    if any(found.values()):
        raise click.exceptions.Exit(WRONG)


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else [str(one) for one in value]


def _count(value: Any) -> int:
    return value if isinstance(value, int) else len(value)


def _show_report(checked: int, found: dict[str, Any]) -> None:
    for kind, names in found.items():
        for name in names if isinstance(names, list) else ():
            click.echo(f"{kind:<8}  {clean(name)}")
    told = ", ".join(f"{_count(found[kind])} {kind}" for kind in _KINDS[:3])
    ledger = "broken" if found["ledger"] else "whole"
    click.echo(f"{checked} checked: {told}; the ledger is {ledger}.")


@click.command()
@common
@invocation
def reindex(call: Invocation) -> None:
    """Build the index anew from the ledger and the files.

    Stop the appliance first. Nodes, rules and the queue stay as they are.

    \b
    Example:
      arca reindex
    """
    with _in_words(), _counting("instances indexed") as progress:
        count = call.local().reindex(call.config(), progress)
    return print_json({"indexed": count}) if call.as_json else click.echo(f"{count} indexed.")


@click.command()
@common
@invocation
def check(call: Invocation) -> None:
    """Look at the configuration and the machine before a start.

    Exits 1 when something would keep the appliance from working.

    \b
    Example:
      arca check --config /etc/arca/config.toml
    """
    with _in_words():
        findings = call.local().check(call.config())
    if call.as_json:
        print_json([_fields(one) for one in findings])
    else:
        _show_findings(findings)
    if any(one.level == "error" for one in findings):
        raise click.exceptions.Exit(WRONG)


def _fields(one: Finding) -> dict[str, str]:
    return {"level": one.level, "subject": one.subject, "text": one.text, "advice": one.advice}


def _show_findings(findings: Sequence[Finding]) -> None:
    rows = [[one.level, one.subject, f"{one.text}  {one.advice}".rstrip()] for one in findings]
    print_table(["LEVEL", "SUBJECT", "WHAT"], rows, "Nothing to check.")


@contextmanager
def _counting(what: str) -> Iterator[Progress]:
    """A line on standard error that counts, when that is a terminal."""
    shown = sys.stderr.isatty()

    def progress(done: int, total: int | None) -> None:
        if shown:
            of = "" if total is None else f" of {total}"
            click.echo(f"\r\x1b[K{done}{of} {what}", err=True, nl=False)

    try:
        yield progress
    finally:
        if shown:
            click.echo("\r\x1b[K", err=True, nl=False)
