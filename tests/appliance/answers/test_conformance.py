"""The rooms answer the web as the appliance in memory does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.appliance.network.reception import receiving
from tests.appliance.running import picture
from tests.web.conformance import Conformance


class TestRooms(Conformance):
    @pytest.fixture
    async def answering(self) -> AsyncIterator[int]:
        async with receiving() as there:
            yield there.port

    @pytest.fixture
    def medium(self, tmp_path: Path) -> Path:
        """A good file and a broken one."""
        folder = tmp_path / "medium"
        folder.mkdir()
        good = picture("1.2.5").save(folder / "a.dcm")
        (folder / "b.dcm").write_bytes(good.read_bytes()[:400])
        return folder
