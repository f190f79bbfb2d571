"""What is scheduled: `worklist …`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from appliance.commands.program import WRONG, Invocation, common, invocation
from appliance.commands.tables import clean, duration, moment, print_json, print_table, yes
from appliance.commands.talk import segment

_SCREENFUL = 50
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@click.group
@common
def worklist() -> None:
    """The worklist: what modalities are told to do, and what they did.

    A modality that asks must be a node (`arca node add`), or [dicom] unknown_services must
    name worklist and mpps.

    \b
    Example:
      arca worklist add --patient "Doe^Jane" --id P1 --ae CT1 --modality CT --at "2026-11-30 09:30"
      arca worklist list
    """


# Option, field, help; an empty value stays unknown.
_OPTIONS = (
    ("--patient", "patient_name", "The patient's name: Family^Given."),
    ("--id", "patient_id", "The patient's ID."),
    ("--issuer", "issuer_of_patient_id", "Who gave that ID."),
    ("--born", "birth_date", "YYYYMMDD."),
    ("--sex", "sex", "M, F or O."),
    ("--weight", "weight", "Kilograms."),
    ("--allergies", "allergies", "Allergies."),
    ("--alerts", "medical_alerts", "Medical alerts."),
    ("--pregnancy", "pregnancy_status", "1 no, 2 possibly, 3 yes, 4 unknown."),
    ("--needs", "special_needs", "Special needs."),
    ("--accession", "accession_number", "Accession number."),
    ("--referring", "referring_physician", "Referring physician."),
    ("--requesting", "requesting_physician", "Requesting physician."),
    ("--service", "requesting_service", "Requesting service."),
    ("--study-uid", "study_instance_uid", "Study Instance UID; made when left out."),
    ("--procedure-id", "requested_procedure_id", "Requested Procedure ID; made when left out."),
    ("--procedure", "requested_procedure_description", "What was requested."),
    ("--priority", "requested_procedure_priority", "STAT, HIGH, ROUTINE, MEDIUM or LOW."),
    ("--reason", "requested_procedure_reason", "Why it was requested."),
    ("--modality", "modality", "CT, MR, US …"),
    ("--station", "station_name", "The station's name."),
    ("--performer", "performing_physician", "Who performs it."),
    ("--step-id", "step_id", "Scheduled Procedure Step ID; made when left out."),
    ("--step", "step_description", "What is to be done."),
    ("--location", "step_location", "Where it is done."),
    ("--premedication", "premedication", "Pre-medication."),
    ("--contrast", "contrast", "Contrast agent."),
    ("--comments", "step_comments", "Comments for the modality."),
    ("--admission", "admission_id", "Admission ID."),
    ("--current-location", "current_location", "Where the patient is."),
)


def _fields(command: Any) -> Any:
    for option, field, help_ in reversed(_OPTIONS):
        required = option == "--modality"
        command = click.option(option, field, default=None, required=required, help=help_)(command)
    return command


@worklist.command()
@_fields
@click.option("--ae", multiple=True, required=True, help="AE title of the station; repeatable.")
@click.option("--at", required=True, help='When: "2026-11-30 09:30".')
@click.option("--code", multiple=True, metavar="VALUE:SCHEME:MEANING", help="A protocol code.")
@common
@invocation
def add(
    call: Invocation, /, ae: tuple[str, ...], at: str, code: tuple[str, ...], **given: str | None
) -> None:
    """Schedule a procedure step.

    \b
    Example:
      arca worklist add --patient "Doe^Jane" --id P1 --ae CT1 --modality CT --at "2026-11-30 09:30"
      arca worklist add --patient "Roe^Max" --ae MR1 --ae MR2 --modality MR --accession A17 \\
        --at "2026-11-30 10:00" --step "MR knee" --code MRKNEE:99LOCAL:"MR knee"
    """
    fields = {name: value for name, value in given.items() if value is not None}
    body = {"at": at, "fields": fields, "station_ae_titles": list(ae), "codes": list(code)}
    made = call.door().post("/worklist", body)
    if call.as_json:
        return print_json(made)
    for warning in made["warnings"]:
        click.echo(f"Warning: {clean(warning)}", err=True)
    return click.echo(clean(f"Item {made['id']} is scheduled for {made['start']}."))


@worklist.command("list")
@click.argument("search", required=False, default="")
@click.option("--all", "all_", is_flag=True, help="Also what is completed or discontinued.")
@click.option("--limit", type=click.IntRange(0, 999_999_999), help="At most so many; 0: all.")
@common
@invocation
def list_(call: Invocation, search: str, all_: bool, limit: int | None) -> None:
    """List what is scheduled, the first due first.

    SEARCH is a part of a patient's name or ID, an accession number or a description.

    \b
    Example:
      arca worklist list
      arca worklist list doe --all
    """
    wanted = (0 if call.as_json else _SCREENFUL) if limit is None else limit
    rows = call.door().get("/worklist", search=search, all=int(all_), limit=wanted)
    if call.as_json:
        return print_json(rows)
    titles = ["ITEM", "STATE", "WHEN", "MODALITY", "STATION", "PATIENT ID", "NAME", "ACCESSION"]
    titles += ["WHAT", "SOURCE"]
    print_table(titles, [_row(row) for row in rows], "Nothing is scheduled.")
    if wanted and len(rows) == wanted:
        click.echo(f"\nThe first {wanted}; `--limit 0` lists all.")
    return None


def _row(row: dict[str, Any]) -> list[object]:
    where = [row["modality"], "/".join(row["station_ae_titles"]) or "-"]
    who = [row["patient_id"] or "-", row["patient_name"] or "-", row["accession_number"] or "-"]
    what = [row["description"] or "-", row["source"]]
    return [row["id"], row["state"].lower(), row["start"], *where, *who, *what]


@worklist.command()
@click.argument("item", type=click.IntRange(1))
@common
@invocation
def show(call: Invocation, item: int) -> None:
    """Show all attributes of ITEM, as DICOM JSON.

    \b
    Example:
      arca worklist show 17
    """
    print_json(call.door().get(f"/worklist/{item}"))


@worklist.command()
@click.argument("item", type=click.IntRange(1))
@common
@invocation
def remove(call: Invocation, item: int) -> None:
    """Take ITEM off the worklist.

    \b
    Example:
      arca worklist remove 17
    """
    answer = call.door().delete(f"/worklist/{item}")
    return print_json(answer) if call.as_json else click.echo(f"Item {item} was removed.")


@worklist.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@common
@invocation
def import_(call: Invocation, path: Path) -> None:
    """Take in worklist files: DICOM (.wl), or JSON lines (.jsonl).

    The running appliance reads the files. Again does no harm: an item is known by its accession
    number and step ID. Exits 1 when something could not be read.

    \b
    Example:
      arca worklist import /var/lib/worklist
    """
    taken = call.door().post("/worklist/import", {"path": str(path.resolve())})
    _conclude(call, taken)


def _conclude(call: Invocation, taken: dict[str, Any]) -> None:
    if call.as_json:
        print_json(taken)
    else:
        for problem in taken["problems"]:
            click.echo(clean(problem), err=True)
        click.echo(
            f"{taken['added']} added, {taken['changed']} changed, {taken['unchanged']} as they "
            f"were, {taken['removed']} removed, {len(taken['problems'])} not readable."
        )
    if taken["problems"]:
        raise click.exceptions.Exit(WRONG)


@worklist.command()
@click.argument("node")
@click.option("--every", metavar="TIME", help='Again and again: "30s", "5m", "1h".')
@click.option("--days", type=click.IntRange(0, 31), default=1, show_default=True, help="Ahead.")
@click.option("--stop", is_flag=True, help="Copy it no more; what was copied stays.")
@common
@invocation
def copy(call: Invocation, node: str, every: str | None, days: int, stop: bool) -> None:
    """Copy the worklist of NODE, which goes on being told to modalities while NODE is down.

    \b
    Example:
      arca worklist copy RIS
      arca worklist copy RIS --every 5m --days 2
    """
    if stop:
        answer = call.door().delete(f"/worklist/copies/{segment(node)}")
        told = f"The worklist of {clean(node)} is not copied any more."
        return print_json(answer) if call.as_json else click.echo(told)
    seconds = None if every is None else _seconds(every)
    form = {"node": node, "days": days, "every_seconds": seconds}
    made = call.door().post("/worklist/copies", form)
    if seconds is None:
        return _conclude(call, made)
    told = f"The worklist of {clean(node)} is copied every {duration(seconds)}."
    return print_json(made) if call.as_json else click.echo(told)


def _seconds(text: str) -> int:
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if found is None:
        raise click.UsageError(f"--every {text}: write 30s, 5m or 1h")
    return int(found[1]) * _UNITS[found[2]]


@worklist.command()
@common
@invocation
def copies(call: Invocation) -> None:
    """List the worklists that are copied, and how that goes.

    \b
    Example:
      arca worklist copies
    """
    rows = call.door().get("/worklist/copies")
    if call.as_json:
        return print_json(rows)
    titles = ["NODE", "EVERY", "DAYS", "LAST COPIED", "ITEMS", "NOTE"]
    cells = [
        [
            row["node"],
            duration(row["every_seconds"]),
            row["days"],
            moment(row["last_at"]),
            row["items"],
            row["note"],
        ]
        for row in rows
    ]
    return print_table(titles, cells, "No worklist is copied; add one: arca worklist copy")


@worklist.command()
@click.option("--limit", type=click.IntRange(0, 999_999_999), default=50, show_default=True)
@common
@invocation
def performed(call: Invocation, limit: int) -> None:
    """List what modalities say they did (MPPS), the latest first.

    \b
    Example:
      arca worklist performed
    """
    rows = call.door().get("/worklist/performed", limit=limit)
    if call.as_json:
        return print_json(rows)
    titles = ["STATE", "MODALITY", "SCHEDULED", "BEGAN", "CHANGED", "STEP"]
    cells = [
        [
            row["state"].lower(),
            row["ae_title"],
            yes(row["scheduled"]),
            moment(row["began"]),
            moment(row["changed"]),
            row["uid"],
        ]
        for row in rows
    ]
    return print_table(titles, cells, "No modality has told anything yet.")
