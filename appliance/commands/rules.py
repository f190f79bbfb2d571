"""Where images go: `rule …`."""

from __future__ import annotations

from typing import Any

import click

from appliance.commands.program import Invocation, common, invocation
from appliance.commands.tables import clean, print_json, print_table
from appliance.commands.talk import segment


@click.group
@common
def rule() -> None:
    """Rules: which images go where.

    \b
    Example:
      arca rule add ct-to-pacs --when 'Modality == "CT"' --to PACS
    """


@rule.command()
@click.argument("name")
@click.option("--when", required=True, metavar="CEL", help="The condition.")
@click.option("--to", required=True, metavar="NODE", help="Where to.")
@click.option(
    "--per",
    type=click.Choice(["instance", "study"]),
    default="instance",
    show_default=True,
    help="Decide at once for every instance, or when the study is complete.",
)
@click.option("--priority", type=int, default=0, show_default=True, help="Higher goes first.")
@click.option("--window", help='Send between these hours only: "22:00-06:00".')
@common
@invocation
def add(call: Invocation, /, **given: Any) -> None:
    """Add the rule NAME.

    \b
    Example:
      arca rule add ct-to-pacs --when 'Modality == "CT"' --to PACS
      arca rule add all-at-night --when true --to CLOUD --per study --window 22:00-06:00
    """
    made = call.door().post("/rules", given)
    if call.as_json:
        return print_json(made)
    text = f"Rule {made['name']} was added; `arca rule test` shows what it would do."
    return click.echo(clean(text))


@rule.command("list")
@common
@invocation
def list_(call: Invocation) -> None:
    """List the rules.

    \b
    Example:
      arca rule list
    """
    rows = call.door().get("/rules")
    if call.as_json:
        return print_json(rows)
    titles = ["NAME", "TO", "PER", "PRIORITY", "WINDOW", "WHEN", "NOTE"]
    return print_table(titles, [_row(row) for row in rows], "No rules; add one: arca rule add")


def _row(row: dict[str, Any]) -> list[object]:
    how = [row["to"], row["per"], row["priority"], row["window"] or "always"]
    return [row["name"], *how, row["when"], row["note"]]


@rule.command()
@click.argument("name")
@common
@invocation
def remove(call: Invocation, name: str) -> None:
    """Remove the rule NAME; what it has queued goes on.

    \b
    Example:
      arca rule remove ct-to-pacs
    """
    answer = call.door().delete(f"/rules/{segment(name)}")
    return print_json(answer) if call.as_json else click.echo(f"{clean(name)} was removed.")


@rule.command()
@click.argument("study", required=False)
@click.option("--when", metavar="CEL", help="Try this condition instead of the rules.")
@common
@invocation
def test(call: Invocation, study: str | None, when: str | None) -> None:
    """Show what the rules would do, and why, without doing it.

    STUDY is a study's UID; without it the newest studies are tried.

    \b
    Example:
      arca rule test 1.2.840.113619.2.55.3
      arca rule test --when 'Modality == "MR" && hour < 6'
    """
    rows = call.door().post("/rules/test", {"study": study, "when": when})
    if call.as_json:
        return print_json(rows)
    titles = ["STUDY", "RULE", "TO", "MATCHES", "WHY"]
    return print_table(titles, [_trial(row) for row in rows], "No rule, or no study, to try.")


def _trial(row: dict[str, Any]) -> list[object]:
    matches = f"{row['matched']} of {row['instances']}"
    return [row["study_uid"], row["rule"] or "-", row["to"] or "-", matches, row["explanation"]]
