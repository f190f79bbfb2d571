"""Certificates for DICOM over TLS: `certificate …`. Works on the files of the box itself."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from appliance import clock
from appliance.certificates.model import Certificate
from appliance.commands.program import WRONG, Failure, Invocation, common, invocation
from appliance.commands.tables import clean, print_json, print_table
from appliance.errors import ApplianceError

_HOSTS = click.option(
    "--host", "hosts", multiple=True, help="A name or address it stands for; may be repeated."
)
_FILE = click.Path(dir_okay=False, path_type=Path)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (ApplianceError, OSError) as error:
        raise Failure(str(error), WRONG) from error


@click.group
@common
def certificate() -> None:
    """Certificates for DICOM over TLS: ours, and those of the authorities we trust.

    \b
    Example:
      arca certificate authority         # our own authority, for peers to trust
      arca certificate issue CT1 --host 10.0.0.7
      arca certificate list
    """


@certificate.command("list")
@common
@invocation
def list_(call: Invocation) -> None:
    """List what lies here, and when it ends.

    \b
    Example:
      arca certificate list
    """
    with _in_words():
        found = call.local().cabinet(call.config()).listed()
    if call.as_json:
        return print_json([_plain(one) for one in found])
    now = clock.now()
    rows = [
        [one.part, one.file, one.subject, f"{one.not_after:%Y-%m-%d}", one.days_left(now)]
        for one in found
    ]
    titles = ["PART", "FILE", "SUBJECT", "ENDS", "DAYS LEFT"]
    return print_table(
        titles, rows, "No certificates; make an authority: arca certificate authority"
    )


def _plain(one: Certificate) -> dict[str, object]:
    moments = {"not_before": one.not_before.isoformat(), "not_after": one.not_after.isoformat()}
    return dataclasses.asdict(one) | moments


@certificate.command()
@click.option("--new", "anew", is_flag=True, help="Replace the one that is there.")
@common
@invocation
def authority(call: Invocation, *, anew: bool) -> None:
    """Make our own authority, or show where its certificate lies.

    \b
    Example:
      arca certificate authority
    """
    cabinet, name = call.local().cabinet(call.config()), call.config().appliance.name
    with _in_words():
        made = cabinet.make_authority(name, anew=anew)
        if made:
            cabinet.renew(name, _hosts(()))
    where = str(cabinet.authority_file)
    if call.as_json:
        return print_json({"file": where, "made": made})
    return click.echo(f"{where} is what peers must trust{' (made just now)' * made}.")


@certificate.command()
@_HOSTS
@common
@invocation
def renew(call: Invocation, hosts: tuple[str, ...]) -> None:
    """Make a new certificate for this box, signed by its own authority.

    \b
    Example:
      arca certificate renew --host arca.clinic.example
    """
    with _in_words():
        cabinet = call.local().cabinet(call.config())
        cabinet.renew(call.config().appliance.name, _hosts(hosts))
    return _said(call, "Renewed; new associations use it.", str(cabinet.credentials.certificate))


@certificate.command()
@_HOSTS
@common
@invocation
def request(call: Invocation, hosts: tuple[str, ...]) -> None:
    """Make a request for the clinic's own authority to sign.

    \b
    Example:
      arca certificate request --host arca.clinic.example
    """
    with _in_words():
        cabinet = call.local().cabinet(call.config())
        asked = cabinet.request(call.config().appliance.name, _hosts(hosts))
    words = f"Have {asked} signed, then take it in: arca certificate import FILE"
    return _said(call, words, str(asked))


@certificate.command("import")
@click.argument("file", type=_FILE)
@click.option("--key", type=_FILE, help="Its key.  [default: the one of the last request]")
@common
@invocation
def import_(call: Invocation, file: Path, key: Path | None) -> None:
    """Use the certificate in FILE (PEM, with those behind it) for this box.

    \b
    Example:
      arca certificate import signed.pem
    """
    with _in_words():
        taken = call.local().cabinet(call.config()).take_in(file, key)
    words = f"{clean(taken.subject)} is in use, until {taken.not_after:%Y-%m-%d}."
    return _said(call, words, taken.file)


@certificate.command()
@click.argument("file", type=_FILE)
@click.option("--name", help="What to call it.  [default: the file's name]")
@common
@invocation
def trust(call: Invocation, file: Path, name: str | None) -> None:
    """Trust the authority whose certificate is in FILE.

    \b
    Example:
      arca certificate trust clinic-ca.pem
    """
    with _in_words():
        taken = call.local().cabinet(call.config()).trust(name or file.stem, file)
    return _said(call, f"{clean(taken.subject)} is trusted from now on.", taken.file)


@certificate.command()
@click.argument("name")
@common
@invocation
def distrust(call: Invocation, name: str) -> None:
    """Do not trust the authority NAME any more.

    \b
    Example:
      arca certificate distrust clinic-ca
    """
    with _in_words():
        call.local().cabinet(call.config()).distrust(name)
    return _said(call, f"{clean(name)} is not trusted any more.", name)


@certificate.command()
@click.argument("name")
@_HOSTS
@click.option("--request", "asked", type=_FILE, help="Sign this request instead of making a key.")
@click.option("--old-device", is_flag=True, help="RSA, for a device that knows nothing newer.")
@common
@invocation
def issue(
    call: Invocation, name: str, hosts: tuple[str, ...], asked: Path | None, *, old_device: bool
) -> None:
    """Make a certificate for the device NAME, signed by our own authority.

    \b
    Example:
      arca certificate issue CT1 --host 10.0.0.7
    """
    with _in_words():
        cabinet = call.local().cabinet(call.config())
        made = cabinet.sign(name, asked) if asked else None
        made = made or cabinet.issue(name, hosts, for_old_devices=old_device)
    key = "" if asked else f" and its key {made.with_suffix('.key')}"
    return _said(call, f"Install {made}{key} on the device.", str(made))


def _said(call: Invocation, words: str, file: str) -> None:
    return print_json({"file": file}) if call.as_json else click.echo(words)


def _hosts(given: tuple[str, ...]) -> list[str]:
    return [*given] or ["localhost", "127.0.0.1", socket.gethostname()]
