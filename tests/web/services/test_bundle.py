"""The appliance for tests of others keeps what the real one promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.conformance import Conformance


class TestInMemory(Conformance):
    """The appliance for tests of others passes the suite of the real one."""

    @pytest.fixture
    def answering(self) -> int:
        return 104

    @pytest.fixture
    def medium(self, tmp_path: Path) -> Path:
        return tmp_path
