from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from appliance.dicom.events import Aborted, ConnectionLost


def test_events_are_values() -> None:
    assert Aborted(0, 0) == Aborted(0, 0)
    with pytest.raises(FrozenInstanceError):
        ConnectionLost(expected=True).expected = False  # type: ignore[misc]
