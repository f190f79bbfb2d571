"""Studies: `studies`, `send`, `import`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from appliance.commands.program import WRONG, Failure, Invocation, common, invocation
from appliance.commands.tables import clean, print_json, print_table, size, yes
from appliance.commands.talk import segment

_SCREENFUL = 50


@click.command()
@click.argument("search", required=False, default="")
@click.option(
    "--limit",
    type=click.IntRange(0, 999_999_999),
    help="At most so many; 0: all.  [default: 50, with --json all]",
)
@common
@invocation
def studies(call: Invocation, search: str, limit: int | None) -> None:
    """List studies, the newest first.

    SEARCH is a part of a patient's name or ID, an accession number or a study UID.

    \b
    Example:
      arca studies doe
      arca studies --json
    """
    wanted = (0 if call.as_json else _SCREENFUL) if limit is None else limit
    rows = call.door().get("/studies", search=search, limit=wanted)
    if call.as_json:
        return print_json(rows)
    titles = ["PATIENT ID", "NAME", "DATE", "MODALITIES", "INSTANCES", "COMPLETE", "STUDY UID"]
    print_table(titles, [_study(row) for row in rows], "No studies.")
    if wanted and len(rows) == wanted:
        click.echo(f"\nThe newest {wanted}; `--limit 0` lists all.")
    return None


def _study(row: dict[str, Any]) -> list[object]:
    who = [row["patient_id"] or "-", row["patient_name"] or "-", row["study_date"] or "-"]
    what = ["/".join(row["modalities"]) or "-", row["instances"], yes(row["complete"])]
    return [*who, *what, row["study_uid"]]


@click.command()
@click.argument("study")
@click.argument("node")
@click.option("--priority", type=int, help="Higher goes first.")
@common
@invocation
def send(call: Invocation, study: str, node: str, priority: int | None) -> None:
    """Send the study with UID STUDY to NODE, also when it was sent before.

    \b
    Example:
      arca send 1.2.840.113619.2.55.3 PACS
    """
    body = {"node": node, "priority": priority}
    job = call.door().post(f"/studies/{segment(study)}/send", body)
    if call.as_json:
        return print_json(job)
    text = f"{job['instances']} instances queued for {job['destination']} as job {job['id']}"
    return click.echo(f"{clean(text)}; `arca queue` shows how it goes.")


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@common
@invocation
def import_(call: Invocation, path: Path) -> None:
    """Take in the file PATH, or every DICOM file in the folder PATH.

    The running appliance reads the files, so its user must be able to. Doing it again
    does no harm: what is there already counts as a duplicate. Exits 1 when a file
    could not be taken in, or the import broke off.

    \b
    Example:
      arca import /media/cdrom
    """
    last: dict[str, Any] = {}
    errors: list[dict[str, str]] = []
    for last in call.door().lines("/import", {"path": str(path.resolve())}):
        if "files" not in last:
            raise Failure(last["error"])
        if last["error"]:
            errors.append({"file": last["current"], "error": last["error"]})
        _show_progress(last, call.as_json)
    if not last.get("done"):
        raise Failure("arca stopped in the middle of the import; start it and import again")
    _conclude(call, last, errors)


def _show_progress(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        return
    line = f"\r\x1b[K{report['files']} files" if sys.stderr.isatty() else ""
    if report["error"]:
        erase = "\r\x1b[K" if line else ""
        click.echo(f"{erase}{clean(report['current'])}: {clean(report['error'])}", err=True)
    click.echo(line, err=True, nl=False)


def _conclude(call: Invocation, last: dict[str, Any], errors: list[dict[str, str]]) -> None:
    if call.as_json:
        counts = ("files", "stored", "duplicates", "ignored", "failed", "bytes")
        print_json({name: last[name] for name in counts} | {"errors": errors})
    else:
        erase = "\r\x1b[K" if sys.stderr.isatty() else ""
        click.echo(erase, err=True, nl=False)
        click.echo(
            f"{last['files']} files: {last['stored']} stored ({size(last['bytes'])}), "
            f"{last['duplicates']} were there already, {last['ignored']} are not DICOM, "
            f"{last['failed']} failed."
        )
    if last["failed"] or last["error"]:
        raise click.exceptions.Exit(WRONG)
