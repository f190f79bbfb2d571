"""How it is doing: `status`, `events`, `associations`."""

from __future__ import annotations

from typing import Any

import click

from appliance.commands.program import WRONG, Invocation, common, invocation
from appliance.commands.tables import (
    clean,
    duration,
    moment,
    print_facts,
    print_json,
    print_table,
    size,
)


@click.command()
@common
@invocation
def status(call: Invocation) -> None:
    """Show how the running appliance is doing.

    Exits 1 when it is not running or a part of it does not work.

    \b
    Example:
      arca status
    """
    answer = call.door().get("/status")
    if call.as_json:
        print_json({"well": answer["well"], **answer["status"]})
    else:
        _show(answer["status"], answer["well"])
    if not answer["well"]:
        raise click.exceptions.Exit(WRONG)


def _show(now: dict[str, Any], well: bool) -> None:
    print_facts(_facts(now, well))
    click.echo()
    print_table(
        ["SERVICE LEVEL", "PROMISED", "MEASURED", "COUNT", "RESULT"],
        [_level(level) for level in now["levels"]],
        "No service levels.",
    )
    for part in now["parts"]:
        if not part["well"]:
            again = f" (started again {part['restarts']} times)" if part["restarts"] else ""
            click.echo(f"\n{clean(part['name'])} does not work: {clean(part['failure'])}{again}")


def _facts(now: dict[str, Any], well: bool) -> list[tuple[str, object]]:
    return [
        ("Appliance", f"{now['name']} {now['version']}"),
        ("State", "well" if well else "needs attention"),
        ("Running for", duration(now["uptime_seconds"])),
        ("Up this month", _share(now["availability"])),
        ("DICOM", f"{now['ae_title']} at {now['address']}:{now['port']}"),
        ("Associations", f"{now['open_associations']} open"),
        ("Archive", _archive(now)),
        ("Not indexed yet", now["index_lag"]),
        ("Free space", size(now["free_bytes"])),
        ("Store", _STORE[now["store"]]),
        ("Queue", _queue(now)),
        ("Nodes, rules", f"{now['nodes']}, {now['rules']}"),
    ]


_STORE = {
    "open": "takes objects in",
    "full": "full: it takes nothing in until there is room",
    "stopped": "stopped: it takes nothing in until the appliance is started again",
}
_UNKNOWN = "not known: the database does not answer"


def _archive(now: dict[str, Any]) -> str:
    if now["studies"] is None:
        return _UNKNOWN
    return f"{now['studies']} studies, {now['instances']} instances"


def _queue(now: dict[str, Any]) -> str:
    if now["waiting"] is None:
        return _UNKNOWN
    return f"{now['waiting']} to be sent, {now['set_aside']} set aside for a person to look at"


def _share(availability: float | None) -> str:
    """Rounded down: 99.999 % is not all of the time."""
    if availability is None:
        return "not measured yet"
    return f"{int(availability * 10_000) / 100:g} % of the time since the first start"


def _level(level: dict[str, Any]) -> list[object]:
    average = level["average"]
    measured = "-" if average is None else f"{average:.3f} s"
    verdict = "not measured yet" if average is None else "kept" if level["kept"] else "missed"
    return [level["name"], f"{level['promised']:g} s", measured, level["count"], verdict]


@click.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@common
@invocation
def events(call: Invocation, limit: int) -> None:
    """List what happened that a person should know, newest first.

    \b
    Example:
      arca events --limit 10
    """
    rows = call.door().get("/events", limit=limit)
    if call.as_json:
        return print_json(rows)
    cells = [[moment(row["at"]), row["severity"], row["kind"], row["text"]] for row in rows]
    return print_table(["WHEN", "SEVERITY", "KIND", "WHAT"], cells, "Nothing happened yet.")


@click.command()
@click.argument("peer", required=False)
@common
@invocation
def associations(call: Invocation, peer: str | None) -> None:
    """List the last associations of each peer, with what was wrong and what to change.

    PEER is a node's name, a host or an AE title.

    \b
    Example:
      arca associations CT1
    """
    rows = call.door().get("/associations", peer=peer)
    if call.as_json:
        return print_json(rows)
    titles = ["BEGAN", "", "PEER", "CALLING", "CALLED", "OBJECTS", "OUTCOME", "DIAGNOSIS"]
    return print_table(titles, [_association(row) for row in rows], "No associations yet.")


def _association(row: dict[str, Any]) -> list[object]:
    titles = [row["calling_ae_title"] or "-", row["called_ae_title"] or "-"]
    ended = [row["objects"], row["outcome"], row["diagnosis"]]
    return [moment(row["began"]), row["direction"], row["peer"], *titles, *ended]
