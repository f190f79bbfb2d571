"""Other people's programs send to the appliance and receive from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from tests.system import wire
from tests.system.appliance import Appliance
from tests.system.images import (
    BUNDLED,
    EXPLICIT_LITTLE,
    SHARED,
    SOP_CLASS,
    Image,
    content_digest,
    ct,
    files,
    put,
    read,
)
from tests.system.patience import until
from tests.system.peers import (
    Orthanc,
    Scripted,
    StoreScp,
    echoscu,
    send_by_pynetdicom,
    storescu,
)

_PRIVATE_CLASS = "1.2.826.0.1.3680043.8.498.77"
_PRIVATE_SYNTAX = "1.2.826.0.1.3680043.8.498.78"
_HIGH_THROUGHPUT_JPEG_2000 = "1.2.840.10008.1.2.4.201"


@pytest.fixture(scope="module")
def sink(shared_arca: Appliance) -> Iterator[Scripted]:
    """A destination that everything is forwarded to."""
    with Scripted() as made:
        shared_arca.route("sink", made.port)
        yield made


def _ct_head() -> list[Path]:
    if not SHARED.is_dir():
        pytest.skip(f"no images at {SHARED}")
    return sorted((SHARED / "ct-head").glob("*.dcm"))


def _arrived(sink: Scripted | StoreScp, wanted: set[str]) -> None:
    until(lambda: wanted <= sink.digests(), 60, f"{len(wanted)} data sets at the destination")


# Senders


def test_echoscu(shared_arca: Appliance) -> None:
    done = echoscu(shared_arca.port)
    assert (done.returncode, "Received Echo Response (Success)" in done.stderr + done.stdout) == (
        0,
        True,
    )


def test_storescu_sends_a_real_ct(shared_arca: Appliance, sink: Scripted) -> None:
    paths = _ct_head()
    assert storescu(shared_arca.port, paths, "-R").returncode == 0
    wanted = {content_digest(path) for path in paths}
    assert wanted <= set(shared_arca.kept())
    _arrived(sink, wanted)


def test_pynetdicom_sends(shared_arca: Appliance, sink: Scripted) -> None:
    names = ["CT_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "rtplan.dcm", "reportsi.dcm"]
    paths = [Path(str(get_testdata_file(name))) for name in names]
    statuses = send_by_pynetdicom(shared_arca.port, [pydicom.dcmread(path) for path in paths])
    assert statuses == [0] * len(names)
    # pynetdicom encodes anew, so the bytes may differ from the file's; the instances may not.
    wanted = {image.sop_instance_uid for image in map(read, paths) if image}
    until(
        lambda: wanted <= {one.image.sop_instance_uid for one in sink.received},
        60,
        "pynetdicom's objects at the destination",
    )


def test_orthanc_sends_and_receives(tmp_path: Path) -> None:
    with (
        Appliance(tmp_path / "arca") as arca,
        Orthanc(tmp_path / "from", arca.port, "ORIGIN") as origin,
        Orthanc(tmp_path / "to", arca.port, "TARGET") as target,
    ):
        arca.start()
        arca.route("orthanc", target.port, ae_title="TARGET")
        assert arca.ask("node", "echo", "orthanc")["ok"]
        images = [ct(number, source=5) for number in range(1, 11)]
        for image in images:
            origin.upload(image)
        assert origin.send("arca")["FailedInstancesCount"] == 0
        until(lambda: len(target.instances()) == len(images), 60, "all at the second Orthanc")
        assert arca.holds(images)
        assert {target.content(name) for name in target.instances()} == {
            image.content for image in images
        }


# Destinations


@pytest.mark.parametrize("switches", [(), ("--fork",), ("-pdu", "4096"), ("+xe",)])
def test_storescp_receives(arca: Appliance, tmp_path: Path, switches: Sequence[str]) -> None:
    images = [ct(number, source=6) for number in range(1, 21)]
    with StoreScp(tmp_path / "scp", *switches) as scp:
        arca.route("scp", scp.port)
        assert arca.ask("node", "echo", "scp")["ok"]
        assert wire.store(arca.port, images) == [0] * 20
        _arrived(scp, {image.digest for image in images})
    until(lambda: _sent(arca, "scp") == 20, 30, "the queue tells so")


def _sent(arca: Appliance, node: str) -> int:
    return sum(job["sent"] for job in arca.queue(node))


def test_a_node_that_does_not_answer_is_explained(arca: Appliance) -> None:
    arca.ask("node", "add", "nobody", "--ae", "X", "--host", "127.0.0.1", "--port", "9")
    done = arca.run("node", "echo", "nobody")
    assert done.returncode == 1
    assert "nobody" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_nothing_is_sent_back_to_where_it_came_from(arca: Appliance) -> None:
    with Scripted() as sink, Scripted() as other:
        arca.route("origin", sink.port, ae_title="SENDER")
        arca.route("other", other.port, ae_title="OTHER")
        image = ct(1, source=8)
        assert wire.store(arca.port, [image], calling=b"SENDER") == [0]
        other.reach(1)
        assert arca.queue("origin") == []


# Every file


def _all_files() -> list[tuple[Path, Image]]:
    found = [*files(BUNDLED), *(files(SHARED) if SHARED.is_dir() else ())]
    assert len(list(files(BUNDLED))) > 150
    return found


def _store_all(port: int, images: Sequence[Image]) -> list[tuple[int, Image]]:
    """Every image, on associations of at most 100 presentation contexts."""
    answers = []
    for start in range(0, len(images), 100):
        part = images[start : start + 100]
        answers += list(zip(wire.store(port, part), part, strict=True))
    return answers


def test_every_file_comes_out_as_it_went_in(shared_arca: Appliance, sink: Scripted) -> None:
    found = _all_files()
    names = {image.digest: path.name for path, image in found}
    answers = _store_all(shared_arca.port, [image for _, image in found])
    refused = [(names[image.digest], hex(status)) for status, image in answers if status]
    assert not refused
    assert {names[digest] for digest in set(names) - set(shared_arca.kept())} == set()
    until(lambda: not set(names) - sink.digests(), 90, "every file at the destination")
    came = {(one.image.digest, one.image.transfer_syntax_uid) for one in sink.received}
    assert {(image.digest, image.transfer_syntax_uid) for _, image in found} <= came
    if not SHARED.is_dir():
        pytest.skip(f"no images at {SHARED}: only pydicom's own files were proven")


def _private(number: int, syntax: str) -> Image:
    """An object of a SOP class that only its maker knows."""
    image = ct(number, source=7)
    content = put(image.content, SOP_CLASS, _PRIVATE_CLASS.encode())
    return replace(
        image,
        sop_class_uid=_PRIVATE_CLASS,
        transfer_syntax_uid=syntax,
        content=content,
    )


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, _PRIVATE_SYNTAX, _HIGH_THROUGHPUT_JPEG_2000])
def test_private_classes_and_syntaxes_are_kept_as_received(
    shared_arca: Appliance, syntax: str
) -> None:
    image = _private(len(syntax), syntax)
    assert wire.store(shared_arca.port, [image]) == [0]
    assert shared_arca.holds([image])


def test_a_private_class_goes_on(arca: Appliance, tmp_path: Path) -> None:
    image = _private(1, EXPLICIT_LITTLE)
    with StoreScp(tmp_path / "scp") as scp:
        arca.route("scp", scp.port)
        assert wire.store(arca.port, [image]) == [0]
        _arrived(scp, {image.digest})


def test_all_that_came_is_indexed(shared_arca: Appliance, sink: Scripted) -> None:
    kept = sum(shared_arca.kept().values())
    groups = Counter(shared_arca.settled(kept))
    assert groups.total() == kept
