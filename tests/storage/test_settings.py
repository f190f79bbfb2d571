"""The defaults of a volume are the safe ones."""

from __future__ import annotations

from storage.settings import VolumeSettings


def test_the_defaults_are_safe() -> None:
    settings = VolumeSettings()
    assert settings.sync
    assert not settings.immutable
    assert settings.low_watermark > settings.reserve > 0
