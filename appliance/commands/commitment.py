"""Storage commitment: `commitment`."""

from __future__ import annotations

from typing import Any

import click

from appliance.commands.program import Invocation, common, invocation
from appliance.commands.tables import moment, print_json, print_table

_WHO = {"in": "asks us", "out": "we ask"}


@click.command()
@common
@invocation
def commitment(call: Invocation) -> None:
    """List storage commitments that are open, and the last ones that were closed.

    Senders ask us to confirm that we keep their images; we ask the nodes that have
    commitment switched on.

    \b
    Example:
      arca commitment
      arca commitment --json
    """
    rows = call.door().get("/commitment")
    if call.as_json:
        return print_json(rows)
    titles = ["BEGAN", "", "PEER", "STATE", "KEPT", "FAILED", "NEXT TRY", "LAST ERROR"]
    return print_table(titles, [_row(row) for row in rows], "No storage commitments yet.")


def _row(row: dict[str, Any]) -> list[object]:
    who = [moment(row["began"]), _WHO[row["direction"]], row["peer"], row["state"]]
    is_known = row["closed"] is not None or row["state"] == "to be reported"
    kept = f"{row['instances'] - row['failed'] if is_known else 0}/{row['instances']}"
    if row["state"] == "not confirmed":
        kept = f"0/{row['instances']}"
    return [*who, kept, row["failed"], moment(row["next_try"]), row["last_error"]]
