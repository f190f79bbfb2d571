"""What every command shares: its options, the way to the process, and how it fails."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

import click

from appliance.commands.talk import Door
from appliance.config import Config
from appliance.errors import ConfigError

if TYPE_CHECKING:  # it brings the cryptography with it, which few commands need
    from appliance.certificates.cabinet import Cabinet

Function = TypeVar("Function", bound=Callable[..., Any])
Progress = Callable[[int, int | None], None]  # done, of so many (None: not known)

WRONG, MISUSED, STOPPED = 1, 2, 130

ENDING = """
\b
Exit codes: 0 done · 1 it could not be done, or something is wrong
            2 the command line or the configuration must be mended
"""


class Report(Protocol):
    """What a verification found: how many were looked at, and lists or counts."""

    @property
    def checked(self) -> int: ...
    @property
    def corrupt(self) -> Any: ...
    @property
    def missing(self) -> Any: ...
    @property
    def unlisted(self) -> Any: ...
    @property
    def ledger(self) -> Any:
        """Where its chain does not hold, in words."""
        ...


class Finding(Protocol):
    """One thing that was looked at before a start."""

    @property
    def level(self) -> str:
        """ "ok", "warning" or "error"."""
        ...

    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def advice(self) -> str:
        """What to do; "" when it is well."""
        ...


class Local(Protocol):
    """What is done in this process rather than asked of the running one."""

    def run(self, config: Config) -> None: ...

    def verify_store(self, config: Config, progress: Progress) -> Report: ...

    def reindex(self, config: Config, progress: Progress) -> int: ...

    def check(self, config: Config) -> Sequence[Finding]: ...

    def cabinet(self, config: Config) -> Cabinet: ...


@dataclass(slots=True)
class Invocation:
    """One call of `arca`: what the options before and after the command said together."""

    load: Callable[[Path | None], Config]
    local: Callable[[], Local]
    file: Path | None = None
    as_json: bool = False

    def config(self) -> Config:
        """Raises `Failure` with what to mend."""
        try:
            return self.load(self.file)
        except ConfigError as error:
            raise Failure(str(error), MISUSED) from error

    def door(self) -> Door:
        """The way to the running process."""
        hint = "arca serve" if self.file is None else f"arca serve --config {self.file}"
        return Door(self.config().control.socket, hint)


class Failure(click.ClickException):
    """Ends the command with one line on standard error."""

    def __init__(self, text: str, exit_code: int = WRONG) -> None:
        super().__init__(text)
        self._code = exit_code

    @property
    def exit_code(self) -> int:  # type: ignore[override]  # click reads it, and that is all
        return self._code


def common(command: Function) -> Function:
    """--config and --json, which may stand before or after the command."""
    for option in (_CONFIG, _JSON):
        command = option(command)
    return command


def _remember(name: str, context: click.Context, _: click.Parameter, value: Any) -> None:
    if value:
        setattr(context.find_object(Invocation), name, value)


_CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    expose_value=False,
    callback=partial(_remember, "file"),
    help="The configuration; without it the defaults hold.",
)
_JSON = click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    callback=partial(_remember, "as_json"),
    help="Print JSON, for scripts.",
)


class Commands(click.Group):
    """A group whose every failure is one line, and an exit code that scripts can tell apart."""

    def main(self, *arguments: Any, **options: Any) -> NoReturn:
        options["standalone_mode"] = False
        try:
            ended = super().main(*arguments, **options)
        except click.UsageError as error:
            where = f"; see `{error.ctx.command_path} --help`" if error.ctx else ""
            _end(f"{error.format_message().rstrip('.')}{where}", MISUSED)
        except click.ClickException as error:
            _end(error.format_message(), error.exit_code)
        except click.Abort:
            _end("stopped", STOPPED)
        except OSError as error:
            _end_output(error)
        sys.exit(ended if isinstance(ended, int) else 0)


def _end(text: str, code: int) -> NoReturn:
    from appliance.commands.tables import clean

    click.echo(f"arca: {clean(text)}", err=True)
    sys.exit(code)


def _end_output(error: OSError) -> NoReturn:
    """`arca studies | head` has read enough: no reason to complain."""
    if error.errno != errno.EPIPE:
        raise error
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(WRONG)


invocation = click.make_pass_decorator(Invocation)
