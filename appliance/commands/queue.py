"""What is on its way: `queue …`."""

from __future__ import annotations

from typing import Any

import click

from appliance.commands.program import Invocation, common, invocation
from appliance.commands.tables import clean, moment, print_json, print_table
from appliance.commands.talk import segment


def _narrowing(command: Any) -> Any:
    """The options of a listing."""
    node = click.option("--node", metavar="NODE", help="Only those for this node.")
    return node(click.option("--state", metavar="STATE", help="Only those in this state.")(command))


@click.group(invoke_without_command=True)
@_narrowing
@common
@click.pass_context
def queue(context: click.Context, node: str | None, state: str | None) -> None:
    """What is on its way to other systems; alone, it lists.

    \b
    Example:
      arca queue
      arca queue --json
      arca queue retry 17
    """
    if context.invoked_subcommand is None:
        _list(context.find_object(Invocation), node, state)


@queue.command("list")
@_narrowing
@common
@invocation
def list_(call: Invocation, node: str | None, state: str | None) -> None:
    """List the transfers.

    \b
    Example:
      arca queue list --node PACS
    """
    _list(call, node, state)


def _list(call: Invocation | None, node: str | None, state: str | None) -> None:
    assert call is not None
    rows = call.door().get("/queue", destination=node, state=state)
    if call.as_json:
        return print_json(rows)
    titles = [
        "ID",
        "DESTINATION",
        "STATE",
        "SENT",
        "VERIFIED",
        "TRIES",
        "NEXT TRY",
        "STUDY",
        "LAST ERROR",
    ]
    return print_table(titles, [_row(row) for row in rows], "The queue is empty.")


def _row(row: dict[str, Any]) -> list[object]:
    verified = "-" if row["verified"] is None else f"{row['verified']}/{row['sent']}"
    sent = f"{row['sent']}/{row['instances']}"
    how_far = [sent, verified, row["attempts"], moment(row["next_try"])]
    why = [row["study_uid"], row["last_error"]]
    return [row["id"], row["destination"], row["state"], *how_far, *why]


@queue.command()
@click.argument("id", type=click.IntRange(0), required=False)
@click.option("--all", "every", is_flag=True, help="Every transfer that failed or waits.")
@common
@invocation
def retry(call: Invocation, id: int | None, every: bool) -> None:  # noqa: A002 - its name in help
    """Try the transfer ID again, at once.

    \b
    Example:
      arca queue retry 17
      arca queue retry --all
    """
    if (id is None) != every:
        raise click.UsageError("give either an ID or --all", click.get_current_context())
    answer = call.door().post("/queue/retry" if id is None else f"/queue/{id}/retry")
    if call.as_json:
        return print_json(answer)
    return click.echo(f"{answer['retried']} to be tried again.")


@queue.command()
@click.argument("node")
@common
@invocation
def pause(call: Invocation, node: str) -> None:
    """Send nothing to NODE until it is resumed; what comes for it waits.

    \b
    Example:
      arca queue pause PACS
    """
    _switch(call, node, "pause")


@queue.command()
@click.argument("node")
@common
@invocation
def resume(call: Invocation, node: str) -> None:
    """Send to NODE again.

    \b
    Example:
      arca queue resume PACS
    """
    _switch(call, node, "resume")


def _switch(call: Invocation, node: str, verb: str) -> None:
    answer = call.door().post(f"/nodes/{segment(node)}/{verb}")
    if call.as_json:
        return print_json(answer)
    state = "is paused" if answer["paused"] else "is not paused"
    return click.echo(clean(f"{answer['name']} {state}; {answer['waiting']} waiting."))
