"""DICOMweb over TLS, with clients that are not ours."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
import requests
from dicomweb_client.web import DICOMwebClient
from pydicom.data import get_testdata_file

from appliance.dicom.part10 import file_header
from tests.system.appliance import Appliance
from tests.system.images import ct, part10
from tests.system.patience import until
from tests.system.peers import Orthanc

EXPLICIT = "1.2.840.10008.1.2.1"
MIB = 1 << 20


@pytest.fixture(scope="module")
def token(shared_arca: Appliance) -> str:
    return str(shared_arca.ask("token", "add", "tester")["secret"])


@pytest.fixture
def root(shared_arca: Appliance) -> str:
    return f"https://127.0.0.1:{shared_arca.web_port}/dicomweb"


@pytest.fixture
def session(shared_arca: Appliance, token: str) -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.verify = False
        made.trust_env = False
        made.headers["Authorization"] = f"Bearer {token}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the certificate is the appliance's own
            yield made


def context() -> ssl.SSLContext:
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def test_every_service_with_dicomweb_client(
    shared_arca: Appliance, root: str, session: requests.Session
) -> None:
    client = DICOMwebClient(root, session=session)
    images = [
        pydicom.dcmread(str(get_testdata_file(name)))
        for name in ("CT_small.dcm", "MR_small_jp2klossless.dcm")
    ]
    stored = client.store_instances(images)
    assert len(stored.ReferencedSOPSequence) == 2
    study = str(images[0].StudyInstanceUID)
    until(lambda: study in shared_arca.indexed(), 10, "the study in the index")
    [found] = client.search_for_studies(search_filters={"PatientID": images[0].PatientID})
    assert found["0020000D"]["Value"] == [study]
    assert client.search_for_series(study)
    assert client.search_for_instances(study)
    names = _names(images[0])
    [one] = client.retrieve_study(study)
    assert one.PixelData == images[0].PixelData
    assert client.retrieve_instance(*names).PatientName == images[0].PatientName
    [metadata] = client.retrieve_study_metadata(study)
    assert pydicom.Dataset.from_json(metadata, lambda *_: b"").PatientID == images[0].PatientID
    assert client.retrieve_bulkdata(metadata["7FE00010"]["BulkDataURI"]) == [images[0].PixelData]
    assert client.retrieve_instance_frames(*names, [1]) == [images[0].PixelData]
    packed = _names(images[1])
    [frame] = client.retrieve_instance_frames(*packed, [1], media_types=("image/jp2",))
    assert frame in images[1].PixelData
    picture = client.retrieve_instance_rendered(*names, media_types=("image/jpeg",))
    assert picture.startswith(b"\xff\xd8")


def _names(image: pydicom.Dataset) -> tuple[str, str, str]:
    return str(image.StudyInstanceUID), str(image.SeriesInstanceUID), str(image.SOPInstanceUID)


def test_curl(shared_arca: Appliance, root: str, token: str, tmp_path: Path) -> None:
    image = ct(1, study=77)
    body = tmp_path / "body"
    body.write_bytes(_multipart(part10(image)))
    words = ["curl", "-sk", "-H", f"Authorization: Bearer {token}"]
    kind = 'Content-Type: multipart/related; type="application/dicom"; boundary=B'
    for more in ([], ["--http1.1", "-H", "Transfer-Encoding: chunked"]):
        send = [*words, "-H", kind, "--data-binary", f"@{body}", *more, f"{root}/studies"]
        answer = json.loads(subprocess.run(send, capture_output=True, check=True).stdout)
        assert "00081199" in answer
    # Over HTTP/2, with a body that is refused before it was read.
    refuse = ["curl", "-sk", "--http2", "--data-binary", f"@{body}", "-o", "/dev/null"]
    done = subprocess.run(
        [*refuse, "-w", "%{http_code} %{http_version}", f"{root}/studies"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "401 2"
    assert shared_arca.alive()


def _multipart(*files: bytes) -> bytes:
    head = b"--B\r\nContent-Type: application/dicom\r\n\r\n"
    return b"".join(head + one + b"\r\n" for one in files) + b"--B--\r\n"


def test_a_large_object_both_ways_in_little_memory(
    shared_arca: Appliance, root: str, token: str
) -> None:
    large = 200 * MIB
    pixels = b"\xe0\x7f\x10\0OW\0\0" + large.to_bytes(4, "little")
    image = ct(2, study=78)
    head = image.content[: image.content.index(b"\xe0\x7f\x10\0")] + pixels
    start = b"--B\r\nContent-Type: application/dicom\r\n\r\n"
    start += file_header(image.sop_class_uid, image.sop_instance_uid, EXPLICIT) + head
    piece = bytes(range(256)) * (MIB // 256)

    def body() -> Iterator[bytes]:
        yield start
        for _ in range(200):
            yield piece
        yield b"\r\n--B--\r\n"

    shared_arca.reset_peak()
    before, began = shared_arca.memory(), time.monotonic()
    connection = http.client.HTTPSConnection("127.0.0.1", _port(root), context=context())
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": 'multipart/related; type="application/dicom"; boundary=B',
    }
    connection.request("POST", "/dicomweb/studies", body(), headers, encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read()).get("00081198")) == (200, None)
    taken = time.monotonic() - began
    stored_peak = shared_arca.peak() - before
    until(lambda: _named(shared_arca, large), 10, "the object in the index")
    study = image.study_uid
    shared_arca.reset_peak()
    before, began = shared_arca.memory(), time.monotonic()
    path = f"/dicomweb/studies/{study}"
    accept = {"Authorization": headers["Authorization"], "Accept": "*/*"}
    connection.request("GET", path, headers=accept)
    answer = connection.getresponse()
    size = 0
    while data := answer.read(MIB):
        size += len(data)
    given = time.monotonic() - began
    connection.close()
    assert size == int(answer.headers["Content-Length"]) > large
    fetched_peak = shared_arca.peak() - before
    assert max(stored_peak, fetched_peak) < 48 * MIB
    assert max(taken, given) < 60


def _named(arca: Appliance, size: int) -> bool:
    return (
        any(path.stat().st_size > size for path in arca.objects())
        and ct(2, study=78).study_uid in arca.indexed()
    )


def _port(root: str) -> int:
    return int(root.rpartition(":")[2].partition("/")[0])


def _raw(port: int, *pieces: bytes) -> bytes:
    """What is answered to bytes that no client would send; "" for a closed connection."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context().wrap_socket(plain) as line,
    ):
        for piece in pieces:
            line.sendall(piece)
        found = b""
        try:
            while data := line.recv(65536):
                found += data
        except (ssl.SSLError, ConnectionError):
            pass
        return found


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: +5",
        "Transfer-Encoding: chunked, identity",
        "X: a\rTransfer-Encoding: chunked",
        "X : a",
        "Content-Length: 5\n X: y",
    ],
)
def test_requests_that_could_be_read_in_two_ways(
    shared_arca: Appliance, root: str, token: str, headers: str
) -> None:
    head = (
        f"POST /dicomweb/studies HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Connection: close\r\n{headers}\r\n\r\n"
    )
    smuggled = b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = _raw(_port(root), head.encode(), smuggled)
    assert answer.count(b"HTTP/1.1 ") <= 1, answer
    assert not answer.startswith(b"HTTP/1.1 2"), answer
    assert shared_arca.healthy()


def test_a_body_that_breaks_off_leaves_nothing(
    shared_arca: Appliance, root: str, token: str
) -> None:
    raw = _multipart(part10(ct(3, study=79)), part10(ct(4, study=79)))
    head = (
        f"POST /dicomweb/studies HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        'Content-Type: multipart/related; type="application/dicom"; boundary=B\r\n'
        f"Content-Length: {len(raw)}\r\n\r\n"
    )
    before = len(shared_arca.objects())
    with (
        socket.create_connection(("127.0.0.1", _port(root)), timeout=10) as plain,
        context().wrap_socket(plain) as line,
    ):
        line.sendall(head.encode() + raw[: len(raw) - 10_000])
        until(lambda: len(shared_arca.objects()) == before + 1, 10, "the first object")
    until(lambda: not list(_temporary(shared_arca)), 10, "no temporary files")
    assert len(shared_arca.objects()) == before + 1
    assert shared_arca.ask("studies")


def _temporary(arca: Appliance) -> Iterator[Path]:
    for folder in (arca.home / "data").rglob("incoming"):
        yield from (path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.long)])
def test_many_conflicts(
    shared_arca: Appliance, root: str, session: requests.Session, count: int
) -> None:
    image = ct(5, study=80 + count)
    files = []
    for number in range(count):
        content = image.content[:-8] + number.to_bytes(8, "little")
        files.append(file_header(image.sop_class_uid, image.sop_instance_uid, EXPLICIT) + content)
    kind = 'multipart/related; type="application/dicom"; boundary=B'
    answer = session.post(
        f"{root}/studies", _multipart(*files), headers={"Content-Type": kind}, timeout=300
    )
    assert answer.status_code == 202
    assert len(answer.json()["00081199"]["Value"]) == count
    assert len(shared_arca.objects()) >= count


@pytest.mark.skipif(
    not Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so").exists(),
    reason="Orthanc's DICOMweb plug-in is not installed",
)
def test_orthanc_as_a_client(shared_arca: Appliance, root: str, token: str, tmp_path: Path) -> None:
    server = {
        "Url": root,
        "HttpHeaders": {"Authorization": f"Bearer {token}"},
    }
    more = {
        "Plugins": ["/usr/share/orthanc/plugins/libOrthancDicomWeb.so"],
        "DicomWeb": {"Enable": True, "Servers": {"arca": server}},
        "HttpsVerifyPeers": False,
    }
    image = ct(6, study=81)
    with Orthanc(tmp_path / "orthanc", shared_arca.port, more=more) as orthanc:
        orthanc.upload(image)
        [instance] = orthanc.instances()
        job = json.dumps({"Resources": [instance], "Synchronous": True}).encode()
        orthanc.ask("/dicom-web/servers/arca/stow", job)
        until(lambda: image.study_uid in shared_arca.indexed(), 10, "the study in the index")
        asked = json.dumps({"Uri": "/studies", "Arguments": {"StudyInstanceUID": image.study_uid}})
        [found] = orthanc.ask("/dicom-web/servers/arca/qido", asked.encode())
        assert found["0020000D"]["Value"] == image.study_uid
        wanted = json.dumps({"Resources": [{"Study": image.study_uid}], "Synchronous": True})
        orthanc.ask("/dicom-web/servers/arca/retrieve", wanted.encode())
        assert orthanc.content(instance) == image.content


def test_a_damaged_object_is_never_taken_for_whole(
    shared_arca: Appliance, root: str, session: requests.Session
) -> None:
    image = ct(7, study=82, pixels=4 * MIB)
    kind = 'multipart/related; type="application/dicom"; boundary=B'
    answer = session.post(
        f"{root}/studies", _multipart(part10(image)), headers={"Content-Type": kind}
    )
    address = answer.json()["00081199"]["Value"][0]["00081190"]["Value"][0]
    until(lambda: image.study_uid in shared_arca.indexed(), 10, "the study in the index")
    [path] = [one for one in shared_arca.objects() if one.read_bytes().endswith(image.content)]
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(-1, 2)
        file.write(bytes([image.content[-1] ^ 1]))
    for accept in ("application/dicom", "multipart/related"):
        with pytest.raises(requests.exceptions.RequestException):
            session.get(address, headers={"Accept": accept}, timeout=20)
    assert shared_arca.healthy()
