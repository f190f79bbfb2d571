"""The configuration: defaults, paths, and errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config import load
from appliance.errors import ConfigError


def _written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "arca.toml"
    path.write_text(text)
    return path


def test_without_a_file_the_defaults_serve() -> None:
    config = load()
    assert config.appliance.home == Path.cwd() / "arca-data"
    assert (config.dicom.ae_title, config.dicom.port, config.web.port) == ("ARCA", 11112, 8443)
    assert config.control.socket == config.appliance.home / "control.sock"


def test_paths_count_from_the_folder_of_the_file(tmp_path: Path) -> None:
    config = load(_written(tmp_path, '[appliance]\nhome = "box"\n[storage]\npath = "disk"\n'))
    assert config.appliance.home == tmp_path / "box"
    assert config.storage.path == tmp_path / "disk"
    assert config.database.url == f"sqlite:///{tmp_path}/box/index.sqlite"


@pytest.mark.parametrize(
    ("url", "located"),
    [
        ("sqlite:///near.sqlite", "sqlite:///{base}/near.sqlite"),
        ("sqlite:////far/index.sqlite", "sqlite:////far/index.sqlite"),
        ("postgres://a:b@host:5432/name", "postgres://a:b@host:5432/name"),
    ],
)
def test_a_database_file_counts_from_there_too(tmp_path: Path, url: str, located: str) -> None:
    config = load(_written(tmp_path, f'[database]\nurl = "{url}"\n'))
    assert config.database.url == located.format(base=tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[dicom]\nae_titel = "X"\n', "unknown key dicom.ae_titel; did you mean dicom.ae_title?"),
        ("[dicon]\n", "unknown key dicon; did you mean dicom?"),
        ("[web]\nzzz = 1\n", "unknown key web.zzz; known are address, port"),
        ('[dicom]\nport = "104"\n', "dicom.port = '104' is not a whole number"),
        ("[dicom]\nport = 70000\n", "dicom.port = 70000 is not between 0 and 65535"),
        ("[dicom]\nport = true\n", "dicom.port = True is not a whole number"),
        ('[dicom]\nae_title = "A\\\\B"\n', "dicom.ae_title"),
        ('[dicom]\nae_title = "AN AE TITLE TOO LONG"\n', "1 to 16 plain characters"),
        ('[dicom]\nunknown_callers = "maybe"\n', "one of 'accept', 'hold', 'refuse'"),
        ("[journal]\nkeep_days = 0\n", "journal.keep_days = 0 is not between 1 and 36525"),
        ('[storage]\nlow_watermark = "lots"\n', "is not a size"),
        ('[storage]\npath = ""\n', "is not a path"),
        ('[web]\nkey = "k.pem"\n', "go together"),
        ("dicom = 5\n", "dicom must be a table"),
        ("[dicom\n", "is not TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = _written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: there is no such file"):
        load(tmp_path / "nowhere.toml")
