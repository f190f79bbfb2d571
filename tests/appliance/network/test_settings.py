from __future__ import annotations

from appliance.network.settings import IMPLEMENTATION_VERSION_NAME, ListenerSettings, ourselves


def test_we_introduce_ourselves_within_the_standards_bounds() -> None:
    user = ourselves(16384)
    assert user.maximum_length == 16384
    assert len(user.implementation_class_uid) <= 64
    assert user.implementation_class_uid.startswith("2.25.")
    assert int(user.implementation_class_uid[5:]) < 2**128  # PS3.5 Annex B.2
    assert len(IMPLEMENTATION_VERSION_NAME) <= 16


def test_any_transfer_syntax_is_welcome_unless_told_otherwise() -> None:
    assert ListenerSettings().transfer_syntaxes is None
