"""What it can do in DICOM: `conformance`."""

from __future__ import annotations

from pathlib import Path

import click

from appliance.commands.program import Failure, Invocation, common, invocation
from appliance.commands.tables import print_json


@click.command()
@click.option("--html", "as_html", is_flag=True, help="A page to read or print, not Markdown.")
@click.option("--language", type=click.Choice(["en", "es"]), help="Default: the clinic's.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it there.",
)
@common
@invocation
def conformance(call: Invocation, as_html: bool, language: str | None, output: Path | None) -> None:
    """Write the DICOM conformance statement of the running appliance.

    \b
    Example:
      arca conformance --html --output conformance.html
    """
    form = "html" if as_html else "markdown"
    answer = call.door().get("/conformance", form=form, language=language)
    if output is not None:
        _write(output, answer["text"])
    elif call.as_json:
        print_json(answer)
    else:
        click.echo(answer["text"].rstrip("\n"))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}") from error
    click.echo(f"The statement is in {path}.")
