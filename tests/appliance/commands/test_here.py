import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from appliance.commands.program import Finding, Progress, Report
from appliance.config import Config
from appliance.errors import ApplianceError, ConfigError
from storage.errors import StoreError


@dataclass(frozen=True)
class Found:
    checked: int = 3
    corrupt: Any = ()
    missing: Any = ()
    unlisted: Any = ()
    ledger: Any = ()


def _found(kind: str, name: str) -> Found:
    names: dict[str, Any] = {kind: (name,)}
    return Found(**names)


@dataclass(frozen=True)
class Look:
    level: str
    subject: str
    text: str
    advice: str = ""


@dataclass
class InProcess:
    """Answers the `Local` protocol from what it was given."""

    report: Report = field(default_factory=Found)
    findings: Sequence[Finding] = ()
    failure: Exception | None = None
    ran: list[Config] = field(default_factory=list)

    def run(self, config: Config) -> None:
        if self.failure is not None:
            raise self.failure
        self.ran.append(config)

    def verify_store(self, config: Config, progress: Progress) -> Report:
        progress(1, 3)
        return self.report

    def reindex(self, config: Config, progress: Progress) -> int:
        progress(1, None)
        return 42

    def check(self, config: Config) -> Sequence[Finding]:
        return self.findings


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(capture=False)


def test_serve_runs_with_the_configuration(stopped: Any) -> None:
    stopped.local = InProcess()
    assert stopped("serve").exit_code == 0
    assert [config.control.socket for config in stopped.local.ran] == [stopped.socket]


@pytest.mark.parametrize(
    ("failure", "code"),
    [(ConfigError("port is taken"), 2), (ApplianceError("no"), 1), (StoreError("no drive"), 1)],
)
def test_serve_that_cannot(stopped: Any, failure: Exception, code: int) -> None:
    stopped.local = InProcess(failure=failure)
    result = stopped("serve")
    assert (result.exit_code, result.stderr) == (code, f"arca: {failure}\n")


def test_a_store_that_is_sound(stopped: Any) -> None:
    stopped.local = InProcess()
    result = stopped("verify")
    assert result.exit_code == 0
    assert result.stdout == "3 checked: 0 corrupt, 0 missing, 0 unlisted; the ledger is whole.\n"
    assert result.stderr == ""


@pytest.mark.parametrize("kind", ["corrupt", "missing", "unlisted", "ledger"])
def test_a_store_that_is_not(stopped: Any, kind: str) -> None:
    stopped.local = InProcess(report=_found(kind, "a\x1b.dcm"))
    result = stopped("verify")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == f"{kind:<8}  a�.dcm"
    assert ("the ledger is broken" if kind == "ledger" else f"1 {kind}") in result.stdout
    told = stopped("verify", "--json")
    assert told.exit_code == 1
    well = {"checked": 3, "corrupt": [], "missing": [], "unlisted": [], "ledger": []}
    assert json.loads(told.stdout) == well | {kind: ["a\x1b.dcm"]}


def test_a_report_of_counts(stopped: Any) -> None:
    stopped.local = InProcess(report=Found(9, 0, 2, 0))
    assert (
        stopped("verify").stdout
        == "9 checked: 0 corrupt, 2 missing, 0 unlisted; the ledger is whole.\n"
    )
    assert json.loads(stopped("verify", "--json").stdout)["missing"] == 2


def test_reindex(stopped: Any) -> None:
    stopped.local = InProcess()
    assert stopped("reindex").stdout == "42 indexed.\n"
    assert json.loads(stopped("reindex", "--json").stdout) == {"indexed": 42}


def test_check(stopped: Any) -> None:
    well = Look("ok", "store", "/data is writable")
    ill = Look("error", "dicom.port", "11112 is taken", "stop the other program")
    stopped.local = InProcess(findings=[well])
    assert stopped("check").exit_code == 0
    stopped.local = InProcess(findings=[well, ill])
    result = stopped("check")
    assert result.exit_code == 1
    assert "error  dicom.port  11112 is taken  stop the other program" in result.stdout
    assert json.loads(stopped("check", "--json").stdout)[1]["advice"] == "stop the other program"
