"""`arca` called as a person would, against an operator's door that is really served."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import trio
from click.testing import CliRunner, Result

from appliance.__main__ import arca
from appliance.commands.program import Invocation, Local
from appliance.config import Config, ControlSection
from web.app import build_operator
from web.server import serve_operator

_MEMORY = Path(__file__).parents[2] / "web" / "conftest.py"


def _in_memory() -> ModuleType:
    """The appliance in memory lives with the tests of the web, whose questions it answers."""
    name = "appliance_in_memory"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, _MEMORY)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@dataclass
class Arca:
    """Calls `arca`; `local` stands for what would run in this process."""

    socket: Path
    local: Any = None
    files: list[Path | None] = field(default_factory=list)  # the configurations it loaded

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(arca, list(words), obj=self.invocation(), prog_name="arca")

    def invocation(self) -> Invocation:
        return Invocation(self._load, self._local)

    def _load(self, file: Path | None) -> Config:
        self.files.append(file)
        return Config(control=ControlSection(socket=self.socket))

    def _local(self) -> Local:
        local: Local = self.local
        return local


@pytest.fixture
def memory() -> Any:
    module = _in_memory()
    held = module.Memory()
    held.callers.append(
        module.Caller(
            *("MR2", "ARCA", "10.0.0.8", 3, module.NOON, module.NOON),
            asked_for=("CT Image Storage",),
            reason="'MR2' at 10.0.0.8 is not registered",
        )
    )
    return held


@pytest.fixture
def stopped(tmp_path: Path) -> Arca:
    """`arca` where no appliance runs."""
    return Arca(tmp_path / "control.sock")


@pytest.fixture
def run(stopped: Arca, memory: Any) -> Iterator[Arca]:
    """`arca` beside a running appliance."""
    ready, box = threading.Event(), dict[str, Callable[[], None]]()
    app = build_operator(_in_memory().appliance_in_memory(memory))

    async def main() -> None:
        stop, token = trio.Event(), trio.lowlevel.current_trio_token()
        box["stop"] = partial(token.run_sync_soon, stop.set)
        async with trio.open_nursery() as nursery:
            await nursery.start(partial(serve_operator, app, stopped.socket, stop=stop))
            ready.set()

    thread = threading.Thread(target=trio.run, args=(main,))
    thread.start()
    assert ready.wait(20)
    yield stopped
    box["stop"]()
    thread.join(20)
    assert not thread.is_alive()
