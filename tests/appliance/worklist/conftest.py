"""A worklist in a database."""

from __future__ import annotations

import pytest

from appliance.database.door import Database
from tests.appliance.worklist.schedule import Surroundings, surroundings


@pytest.fixture
def around(database: Database) -> Surroundings:
    return surroundings(database)
