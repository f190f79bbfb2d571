"""The system calls, and what their failures mean."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storage.errors import Full, Stopped, StoreError
from storage.system import SyncFailed, System, explain


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "no"), Full),
        (OSError(errno.EDQUOT, "no"), Full),
        (OSError(errno.EIO, "no"), Stopped),
        (SyncFailed(errno.ENOSPC, "no"), Stopped),
        (OSError(errno.EMFILE, "no"), StoreError),
        (OSError(errno.EROFS, "no"), StoreError),
    ],
)
def test_what_a_failure_means(error: OSError, kind: type[StoreError]) -> None:
    meaning = explain(error, "writing")
    assert type(meaning) is kind
    assert str(meaning).startswith("writing failed: no. ")


def test_everything_is_written_however_many_pieces(tmp_path: Path) -> None:
    system = System()
    descriptor = system.create(str(tmp_path / "x"))
    pieces = [b"%d," % number for number in range(5000)]
    assert system.write(descriptor, pieces) == len(b"".join(pieces))
    assert system.write(descriptor, []) == 0
    os.close(descriptor)
    assert (tmp_path / "x").read_bytes() == b"".join(pieces)


def test_a_short_write_is_finished() -> None:
    """A pipe takes 64 KiB at once; the rest goes when there is room."""
    reading, writing = os.pipe()
    child = subprocess.Popen(["wc", "-c"], stdin=reading, stdout=subprocess.PIPE, text=True)
    os.close(reading)
    os.set_blocking(writing, True)
    assert System().write(writing, [bytes(200_000), bytes(100_000)]) == 300_000
    os.close(writing)
    assert child.communicate()[0].strip() == "300000"


def test_appending_is_at_its_place(tmp_path: Path) -> None:
    descriptor = System().create(str(tmp_path / "x"))
    System().append(descriptor, b"world", 6)
    System().append(descriptor, b"hello ", 0)
    System().truncate(descriptor, 8)
    os.close(descriptor)
    assert (tmp_path / "x").read_bytes() == b"hello wo"


def test_a_file_is_never_opened_twice_as_new(tmp_path: Path) -> None:
    os.close(System().create(str(tmp_path / "x")))
    with pytest.raises(FileExistsError):
        System().create(str(tmp_path / "x"))


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    assert System().make_directory(str(tmp_path / "x"))
    assert not System().make_directory(str(tmp_path / "x"))


def test_a_sync_of_what_cannot_be_synced_fails() -> None:
    reading, writing = os.pipe()
    for sync in (System().sync, System().sync_data):
        with pytest.raises(SyncFailed):
            sync(writing)
    System(sync=False).sync(writing)
    System(sync=False).sync_data(writing)
    System().start_writing(writing, 0, 10)
    os.close(reading)
    os.close(writing)


def test_marking_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert not System().set_immutable(str(tmp_path / "none"), immutable=True)


_PUTTING = """
import sys
from pathlib import Path
from storage.errors import StoreError
from tests.storage.units import put, reopen
volume = reopen(Path(sys.argv[1]))
for number in range(20):
    try:
        print("kept", put(volume, str(number), b"%d" % number).entry.sha256)
    except StoreError as error:
        print("refused", type(error).__name__)
"""


@pytest.mark.parametrize("when", [6, 9, 14])
def test_no_answer_after_a_failed_sync_of_the_kernel(unit: Path, when: int) -> None:
    """The real call fails, not ours."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("NOT PROVEN HERE: strace is not installed")
    calls = "fsync,fdatasync"
    tracing = [strace, "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}"]
    tracing += ["-e", f"inject={calls}:error=EIO:when={when}"]
    command = [*tracing, sys.executable, "-c", _PUTTING, str(unit)]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    if "PTRACE" in done.stderr or "ptrace" in done.stderr:
        pytest.skip("NOT PROVEN HERE: tracing is not allowed")
    words = [line.split()[0] for line in done.stdout.splitlines()]
    first = words.index("refused")
    assert set(words[first:]) == {"refused"}
    assert "refused Stopped" in done.stdout
