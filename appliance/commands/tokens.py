"""Who may use DICOMweb: `token …`."""

from __future__ import annotations

from typing import Any

import click

from appliance.commands.program import Invocation, common, invocation
from appliance.commands.tables import clean, moment, print_json, print_table
from appliance.commands.talk import segment

_RIGHTS = "search,retrieve,store"


@click.group
@common
def token() -> None:
    """Tokens: which programs may use DICOMweb.

    \b
    Example:
      arca token add viewer --may search,retrieve --days 365
    """


@token.command()
@click.argument("name")
@click.option("--may", default=_RIGHTS, show_default=True, help="What it is good for.")
@click.option("--days", type=int, help="It ends after so many days; otherwise never.")
@common
@invocation
def add(call: Invocation, name: str, may: str, days: int | None) -> None:
    """Make the token NAME and show it, this once.

    The program sends it as `Authorization: Bearer TOKEN` to https://HOST:8443/dicomweb.

    \b
    Example:
      arca token add viewer --may search,retrieve
    """
    given: dict[str, Any] = {"name": name, "may": may.split(","), "days": days}
    made = call.door().post("/tokens", given)
    if call.as_json:
        return print_json(made)
    click.echo(f"The token {clean(name)} was made; it is not shown again:", err=True)
    return click.echo(clean(made["secret"]))


@token.command("list")
@common
@invocation
def list_(call: Invocation) -> None:
    """List the tokens.

    \b
    Example:
      arca token list
    """
    rows = call.door().get("/tokens")
    if call.as_json:
        return print_json(rows)
    titles = ["NAME", "MAY", "CREATED", "EXPIRES"]
    return print_table(titles, [_row(row) for row in rows], "No tokens; make one: arca token add")


def _row(row: dict[str, Any]) -> list[object]:
    expires = moment(row["expires"]) if row["expires"] else "never"
    return [row["name"], ", ".join(row["rights"]), moment(row["created"]), expires]


@token.command()
@click.argument("name")
@common
@invocation
def remove(call: Invocation, name: str) -> None:
    """Remove the token NAME; it opens nothing any more.

    \b
    Example:
      arca token remove viewer
    """
    answer = call.door().delete(f"/tokens/{segment(name)}")
    return print_json(answer) if call.as_json else click.echo(f"{clean(name)} was removed.")
