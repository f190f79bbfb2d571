import socket
import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio

from appliance.errors import ConfigError
from web.certificate import ensure_certificate
from web.doors import listening_port, load_pair, tls_context, tls_listener, unix_listener

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    ensure_certificate(*files, host_names=[], now=NOW)
    return tls_context(*files)


def test_only_strong_tls(context: ssl.SSLContext) -> None:
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    older = [one["name"] for one in context.get_ciphers() if one["protocol"] != "TLSv1.3"]
    assert older
    assert all(name.startswith("ECDHE-") and "-GCM-" in name for name in older)


def test_files_that_do_not_fit(tmp_path: Path, context: ssl.SSLContext) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        load_pair(context, tmp_path / "certificate.pem", tmp_path / "nothing.pem")


async def test_a_port_that_is_taken(context: ssl.SSLContext) -> None:
    first = tls_listener("127.0.0.1", 0, context)
    async with first:
        port = listening_port(first)
        assert port > 0
        with pytest.raises(ConfigError, match=f"{port}: cannot listen there"):
            tls_listener("127.0.0.1", port, context)


async def test_the_unix_socket_is_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "run" / "control.sock"
    async with unix_listener(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        await (await trio.open_unix_socket(path)).aclose()


async def test_what_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with unix_listener(path):
        await (await trio.open_unix_socket(path)).aclose()


async def test_a_living_process_keeps_its_socket(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    async with unix_listener(path):
        with pytest.raises(ConfigError, match="another process answers"):
            unix_listener(path)
        await (await trio.open_unix_socket(path)).aclose()


def test_a_file_is_not_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    path.write_text("precious")
    with pytest.raises(ConfigError, match="something else is there"):
        unix_listener(path)
    assert path.read_text() == "precious"


def test_a_folder_where_others_may_write(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(ConfigError, match="chmod go-w"):
        unix_listener(folder / "control.sock")


def test_a_path_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="107 bytes"):
        unix_listener(tmp_path / ("x" * 100) / "control.sock")


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"control\.socket"):
        unix_listener(tmp_path / "file" / "control.sock")
