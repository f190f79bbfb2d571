"""Other archives: `query`, `retrieve`."""

from __future__ import annotations

import sys
from typing import Any

import click

from appliance.commands.program import WRONG, Failure, Invocation, common, invocation
from appliance.commands.tables import clean, print_json, print_table
from appliance.commands.talk import segment

_FILTERS = (
    ("--patient-id", "patient_id", "The patient's ID."),
    ("--patient-name", "patient_name", "The patient's name; * and ? stand for anything."),
    ("--accession", "accession_number", "The accession number."),
    ("--study-id", "study_id", "The study's ID."),
    ("--description", "study_description", "The study's description."),
    ("--date", "study_date", "The study's date or a range of dates: 20260101-20260131."),
    ("--institution", "institution", "The institution's name."),
    ("--referring", "referring_physician", "The referring doctor's name."),
    ("--modality", "modality", "CT, MR, US …"),
    ("--study", "study_uid", "The Study Instance UID."),
)


def _filters(command: Any) -> Any:
    for option, name, words in reversed(_FILTERS):
        command = click.option(option, name, default="", help=words)(command)
    return command


@click.command()
@click.argument("node")
@_filters
@click.option("--where", "others", multiple=True, help="Any other attribute: Keyword=value.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=1000, show_default=True)
@common
@invocation
def query(call: Invocation, /, node: str, others: tuple[str, ...], **wanted: Any) -> None:
    """Ask NODE which studies it has.

    \b
    Example:
      arca query PACS --patient-name "DOE*" --date 20260101-
      arca query PACS --modality CT --where StationName=CT1
    """
    body = {**wanted, "others": list(others)}
    rows = call.door().post(f"/nodes/{segment(node)}/query", body, within=None)
    if call.as_json:
        return print_json(rows)
    titles = [
        "PATIENT ID",
        "NAME",
        "DATE",
        "MODALITIES",
        "DESCRIPTION",
        "THERE",
        "HERE",
        "STUDY UID",
    ]
    return print_table(titles, [_row(row) for row in rows], "It has no such study.")


def _row(row: dict[str, Any]) -> list[object]:
    who = [row["patient_id"] or "-", row["patient_name"] or "-", row["study_date"] or "-"]
    what = ["/".join(row["modalities"]) or "-", row["description"] or "-"]
    there = "?" if row["instances"] is None else row["instances"]
    return [*who, *what, there, row["here"] or "-", row["study_uid"]]


@click.command()
@click.argument("node")
@click.argument("studies", nargs=-1, required=True)
@click.option(
    "--method", type=click.Choice(["auto", "get", "move"]), default="auto", show_default=True
)
@common
@invocation
def retrieve(call: Invocation, node: str, studies: tuple[str, ...], method: str) -> None:
    """Bring studies (by UID) here from NODE, and compare what came with what it has.

    Exits 1 when anything is missing. Doing it again asks for the missing images only.

    \b
    Example:
      arca retrieve PACS 1.2.840.113619.2.55.3
    """
    body = {"studies": list(studies), "method": method}
    results: list[dict[str, Any]] = []
    for step in call.door().lines(f"/nodes/{segment(node)}/retrieve", body):
        if "error" in step:
            raise Failure(step["error"])
        _show_progress(step, shown=sys.stderr.isatty() and not call.as_json)
        if step["state"]:
            results.append(step)
            if not call.as_json:
                click.echo(_verdict(step))
    if call.as_json:
        print_json(results)
    if len(results) < len(set(studies)):
        raise Failure("arca stopped in the middle of it; start it and retrieve again")
    if any(one["state"] != "complete" for one in results):
        raise click.exceptions.Exit(WRONG)


def _show_progress(step: dict[str, Any], *, shown: bool) -> None:
    if shown:
        text = "" if step["state"] else f"{step['completed']} sent, {step['remaining']} to go"
        click.echo(f"\r\x1b[K{text}", err=True, nl=False)


def _verdict(step: dict[str, Any]) -> str:
    of = "" if step["expected"] is None else f" of {step['expected']}"
    line = f"{step['study_uid']}: {step['state']}, {step['here']}{of} images are here."
    return clean(f"{line} {step['words']}".rstrip())
