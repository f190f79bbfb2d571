"""Running it: verify, reindex, import, unknown callers, pages, the log and a stop."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from tests.system import wire
from tests.system.appliance import Appliance, CommandFailed
from tests.system.images import BUNDLED, ct, files
from tests.system.patience import until
from tests.system.peers import Scripted

# Verify and reindex


@pytest.fixture
def stopped(arca: Appliance) -> Appliance:
    """An appliance that was stopped with ten objects in it."""
    images = [ct(number, source=61) for number in range(1, 11)]
    assert wire.store(arca.port, images) == [0] * 10
    assert arca.settled(10)
    assert arca.stop() == 0
    return arca


def _verified(arca: Appliance) -> tuple[int, dict[str, int]]:
    """The exit code and how many objects of each kind were found."""
    done = arca.run("verify", "--json")
    report = json.loads(done.stdout)
    kinds = {kind: report[kind] for kind in ("corrupt", "missing", "unlisted")}
    counts = {kind: v if isinstance(v, int) else len(v) for kind, v in kinds.items()}
    return done.returncode, {"checked": report["checked"], **counts}


def test_verify_finds_everything_well(stopped: Appliance) -> None:
    well = {"checked": 10, "corrupt": 0, "missing": 0, "unlisted": 0}
    assert _verified(stopped) == (0, well)


def test_verify_finds_a_flipped_bit(stopped: Appliance) -> None:
    path = stopped.objects()[3]
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    code, found = _verified(stopped)
    assert (code, found["corrupt"], found["missing"], found["unlisted"]) == (1, 1, 0, 0)


def test_verify_finds_what_is_missing_and_what_nobody_listed(stopped: Appliance) -> None:
    path = stopped.objects()[3]
    path.rename(path.with_name("0" * 64 + ".dcm"))
    code, found = _verified(stopped)
    assert (code, found["missing"], found["unlisted"]) == (1, 1, 1)


def test_verify_works_beside_the_running_process(arca: Appliance) -> None:
    assert wire.store(arca.port, [ct(1, source=62)]) == [0]
    assert _verified(arca) == (0, {"checked": 1, "corrupt": 0, "missing": 0, "unlisted": 0})


def test_the_index_is_rebuilt_from_the_store(stopped: Appliance) -> None:
    stopped.start()
    before = stopped.ask("studies")
    stopped.stop()
    indexes = [path for path in stopped.home.rglob("*.sqlite*") if path.is_file()]
    assert indexes
    for path in indexes:
        path.unlink()
    stopped.ask("reindex")
    stopped.start()
    after = stopped.settled(10)
    assert after == {study["study_uid"]: study["instances"] for study in before}
    assert stopped.stop() == 0


# Import


def test_import_takes_in_a_folder(arca: Appliance) -> None:
    folder = BUNDLED / "test_files"
    wanted = {image.digest for _, image in files(folder)}
    try:
        report = arca.ask("import", str(folder))
    except CommandFailed as failed:  # files that are DICOM yet no storage object
        report = json.loads(failed.output)
    assert wanted <= set(arca.kept())
    assert report["stored"] >= len(wanted)
    assert arca.settled(report["stored"])
    again = arca.run("import", str(folder), "--json")
    assert json.loads(again.stdout)["stored"] == 0


def test_a_folder_that_is_not_there(arca: Appliance) -> None:
    with pytest.raises(CommandFailed):
        arca.ask("import", str(arca.home / "nowhere"))


# Callers


@pytest.mark.parametrize("policy", ["refuse", "hold"])
def test_unknown_callers(tmp_path: Path, policy: str) -> None:
    image = ct(1, source=63)
    with Appliance(tmp_path / "arca", {"dicom": {"unknown_callers": policy}}) as arca:
        arca.start(ready=arca.healthy)
        with pytest.raises(wire.Gone):
            wire.store(arca.port, [image], calling=b"MODALITY")
        if policy == "hold":
            (caller,) = [
                one for one in arca.ask("node", "pending") if one["calling_ae_title"] == "MODALITY"
            ]
            assert caller["host"] == wire.SOURCE
            arca.ask("node", "admit", "MODALITY")
        else:
            words = ["--ae", "MODALITY", "--host", wire.SOURCE, "--port", "104"]
            arca.ask("node", "add", "modality", *words)
        assert wire.store(arca.port, [image], calling=b"MODALITY") == [0]


def test_another_called_title_is_told_from_a_right_one(arca: Appliance) -> None:
    with pytest.raises(wire.Gone):
        wire.Association(arca.port, wire.contexts_of([ct(1)]), called=b"WRONG")
    diagnoses = [one["diagnosis"] for one in arca.ask("associations", wire.SOURCE)]
    assert any("WRONG" in text and "ARCA" in text for text in diagnoses)


# Operations


def test_pages_over_https(arca: Appliance) -> None:
    assert arca.get("/healthz")[0] == 200
    assert b"arca_objects" in arca.get("/metrics")[1]
    status, page, headers = arca.get("/")
    assert status == 200
    assert b"Traceback" not in page
    assert "max-age" in headers["strict-transport-security"]
    assert "server" not in headers


def test_the_log_names_no_patient(arca: Appliance) -> None:
    with Scripted(lambda image: 0xC000) as sink:
        arca.route("sink", sink.port)
        assert wire.store(arca.port, [ct(1, source=64)]) == [0]
        until(lambda: [job for job in arca.queue("sink") if job["last_error"]], 30, "a failure")
    log = arca.log.read_text()
    assert re.findall("CompressedSamples|1CT1", log) == []


def test_a_stop_finishes_or_leaves_unacknowledged(arca: Appliance) -> None:
    image, other = ct(1, source=65), ct(2, source=65)
    association = wire.Association(arca.port, wire.contexts_of([image]))
    with association.socket:
        *most, last = association.request(image)
        association.send(b"".join(most))
        arca.terminate()
        try:
            acknowledged = association.finish(last) == 0
        except wire.Gone:
            acknowledged = False
        assert arca.wait() == 0
    assert arca.holds([image]) or not acknowledged
    arca.start()
    assert wire.store(arca.port, [image, other]) == [0, 0]
    assert arca.kept().total() == 2


def test_a_real_image_is_shown_as_a_person_expects(arca: Appliance) -> None:
    arca.ask("import", str(get_testdata_file("CT_small.dcm")))
    arca.settled(1)
    shown = arca.run("studies").stdout
    assert "1CT1" in shown
    assert "CT" in shown
