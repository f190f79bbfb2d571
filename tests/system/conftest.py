"""An appliance for each test or module, and loud words about what could not be proven here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.appliance import Appliance
from tests.system.disks import Impossible, Namespace


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.system)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("skipped"):
        if "tests/system" in report.nodeid:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
            terminalreporter.write_line(f"NOT PROVEN HERE: {report.nodeid}: {reason}", red=True)


@pytest.fixture
def arca(tmp_path: Path) -> Iterator[Appliance]:
    """A running appliance of this test's own."""
    with Appliance(tmp_path / "arca") as appliance:
        appliance.start()
        yield appliance


@pytest.fixture(scope="module")
def shared_arca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """A running appliance for all tests of a module."""
    with Appliance(tmp_path_factory.mktemp("shared") / "arca") as appliance:
        appliance.start()
        yield appliance


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """A mount namespace; skips where the machine does not allow one."""
    try:
        with Namespace() as made:
            yield made
    except Impossible as error:
        pytest.skip(f"this machine does not allow it: {error}")
