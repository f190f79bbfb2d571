"""`arca`: the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from appliance.commands import (
    certificates,
    commitment,
    conformance,
    here,
    nodes,
    overview,
    queue,
    retrieval,
    rules,
    studies,
    tokens,
    worklist,
)
from appliance.commands.program import ENDING, Commands, Invocation, Local, common
from appliance.config import Config


@click.group(cls=Commands, epilog=ENDING, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="arca", message="%(prog)s %(version)s")
@common
def arca() -> None:
    """Arca receives a clinic's images, keeps them and sends them where they belong.

    serve, verify, reindex, check and certificate work on their own; every other command talks to
    the running appliance. Every command takes --config FILE and --json.

    \b
    Example:
      arca serve --config config.toml
      arca node add PACS --ae PACS --host 10.0.0.5 --port 104
      arca rule add all --when true --to PACS
      arca studies
    """


for _command in (
    here.serve,
    overview.status,
    studies.studies,
    studies.send,
    studies.import_,
    nodes.node,
    retrieval.query,
    retrieval.retrieve,
    rules.rule,
    queue.queue,
    worklist.worklist,
    commitment.commitment,
    tokens.token,
    overview.associations,
    overview.events,
    here.verify,
    here.reindex,
    here.check,
    certificates.certificate,
    conformance.conformance,
):
    arca.add_command(_command)


def _load(path: Path | None) -> Config:
    from appliance.config import load

    return load(path)


def _local() -> Local:
    # Only for the commands that need it: it brings the whole appliance with it.
    from appliance import assembly

    return assembly


def main() -> None:
    """What `arca` and `python -m appliance` run."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    # pydicom brings NumPy along where it is installed, 11 MB: pixels are the workers' business.
    sys.modules.setdefault("numpy", None)  # type: ignore[arg-type]
    arca.main(prog_name="arca", obj=Invocation(_load, _local))


if __name__ == "__main__":
    main()
