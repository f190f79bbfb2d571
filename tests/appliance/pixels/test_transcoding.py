"""Whole objects into every lossless syntax and back, against other implementations."""

from __future__ import annotations

import os
import re
import resource
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate

from appliance.dicom.dataset import encode
from appliance.dicom.part10 import read_file_meta
from appliance.pixels import model
from appliance.pixels.model import EXPLICIT, IMPLICIT, JPEG_LS, NATIVE, RLE, TARGETS, PixelError
from tests.appliance.pixels.conftest import data_set
from tests.appliance.pixels.pictures import (
    FILES,
    as_file,
    colour,
    compressed,
    described,
    frames,
    grey,
    native,
    opened,
    read,
    turned,
)

# More images, one folder for each syntax they come in.
MORE = os.environ.get("ARCA_TEST_IMAGES", "")
_PATHS = [*FILES, *sorted(Path(MORE).rglob("*.dcm"))] if MORE else FILES
IMAGES = list({path.read_bytes(): path for path in reversed(_PATHS)}.values())
# What is no image, or no whole one: each is said in words.
NO_IMAGE = re.compile(
    r"no frames of integer|is missing: its pixels|longer than what it lies in|Number of Frames is"
    r"|3722445056 columns"
)


def _given(path: Path) -> tuple[bytes, str]:
    raw = path.read_bytes()
    meta = read_file_meta(raw[: 64 << 10])
    if meta is None or not meta.transfer_syntax_uid:
        pytest.skip("says nothing of its transfer syntax")
    return raw[meta.data_set :], meta.transfer_syntax_uid


def _pixels(raw: bytes, syntax: str) -> list[Any]:
    try:
        return frames(raw, syntax)
    except PixelError as error:
        if NO_IMAGE.search(str(error)):
            pytest.skip(str(error))
        raise


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_every_image_there_and_back(path: Path, tmp_path: Path) -> None:
    raw, syntax = _given(path)
    pixels = _pixels(raw, syntax)
    narrow = pixels[0].dtype.itemsize <= 2
    for target in TARGETS if "liver" not in path.name else NATIVE:  # which has single bits
        if not narrow and target not in NATIVE | {RLE, model.HTJ2K_LOSSLESS}:
            continue
        there = turned(raw, syntax, target, tmp_path)
        assert _same(frames(there, target), pixels), target
        if len(raw) > 200_000:
            continue
        back = turned(there, target, EXPLICIT, tmp_path)
        assert _same(frames(back, EXPLICIT), pixels), target


def _same(some: list[Any], others: list[Any]) -> bool:
    return len(some) == len(others) and all(map(np.array_equal, some, others))


# Read otherwise by the other implementation, each for a reason.
OTHERWISE = {
    "rtdose_expb.dcm",  # it turns whole samples of 32 bits, where OW is words of 16 (PS3.5 §6.2)
    "rtdose_expb_1frame.dcm",
    "SC_ybr_full_422_uncompressed.dcm",  # it turns these into RGB at once
    "MR_small_padded.dcm",  # it warns of the padding
    "TOSHIBA_J2K_SIZ1_PixRep0.dcm",  # it adds 32768 to signed values of an unsigned image
}


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_another_implementation_sees_the_same_pixels(path: Path, tmp_path: Path) -> None:
    raw, syntax = _given(path)
    pixels = _pixels(raw, syntax)
    if path.name in OTHERWISE:
        pytest.skip("read otherwise")
    plain = turned(raw, syntax, EXPLICIT, tmp_path)
    dataset = opened(plain, EXPLICIT)
    if dataset.PhotometricInterpretation == "YBR_FULL":
        dataset.PhotometricInterpretation = "RGB"  # or it would be turned into that
    found = dataset.pixel_array.reshape(-1, *pixels[0].shape)
    assert _same(list(found), pixels)
    if syntax in model.SOURCES - NATIVE - {RLE}:
        _compare_with_dcmtk(raw, syntax, pixels, tmp_path)


PEERS = {
    model.JPEG_LS: "dcmdjpls",
    model.JPEG_LS_NEAR: "dcmdjpls",
    RLE: "dcmdrle",
    **dict.fromkeys(
        (model.JPEG_LOSSLESS, model.JPEG_LOSSLESS_SV1, model.JPEG_EXTENDED), "dcmdjpeg"
    ),
}


def _compare_with_dcmtk(raw: bytes, syntax: str, pixels: list[Any], folder: Path) -> None:
    tool = shutil.which(PEERS.get(syntax, "nothing"))
    if tool is None or pixels[0].ndim == 3:
        return  # the DCT of colours is rounded otherwise elsewhere
    found = _by_dcmtk(tool, raw, syntax, folder)
    if found is not None:
        difference = np.abs(found.reshape(-1).astype(int) - np.stack(pixels).reshape(-1))
        assert difference.max() <= (1 if syntax == model.JPEG_EXTENDED else 0)


def _by_dcmtk(tool: str, raw: bytes, syntax: str, folder: Path) -> Any:
    (folder / "for_dcmtk").write_bytes(as_file(raw, syntax))
    command = [tool, str(folder / "for_dcmtk"), str(folder / "by_dcmtk")]
    done = subprocess.run(command, capture_output=True)
    if done.returncode:
        return None
    from pydicom import dcmread

    return dcmread(folder / "by_dcmtk").pixel_array


@pytest.mark.parametrize("target", sorted(set(PEERS) & set(TARGETS)))
@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "colour"])
def test_dcmtk_decodes_what_is_made(target: str, kind: str, tmp_path: Path) -> None:
    tool = shutil.which(PEERS[target])
    if tool is None:
        pytest.skip("dcmtk is not here")
    pixels = colour(9, 7, 3) if kind == "colour" else grey(9, 7, 3, kind)
    made = turned(native(pixels), EXPLICIT, target, tmp_path)
    found = _by_dcmtk(tool, made, target, tmp_path)
    assert found is not None
    assert np.array_equal(found, pixels)


@pytest.mark.parametrize("target", TARGETS)
def test_dcmtk_accepts_the_files(target: str, tmp_path: Path) -> None:
    dump, check = shutil.which("dcmdump"), shutil.which("dcmftest")
    if dump is None or check is None:
        pytest.skip("dcmtk is not here")
    for name in ("CT_small.dcm", "SC_rgb_rle_2frame.dcm", "examples_palette.dcm"):
        raw, syntax = data_set(name)
        made = tmp_path / "made"
        made.write_bytes(as_file(turned(raw, syntax, target, tmp_path), target))
        assert subprocess.run([check, made], capture_output=True).stdout.startswith(b"yes")
        dumped = subprocess.run([dump, made], capture_output=True)
        assert (dumped.returncode, dumped.stderr) == (0, b"")


@pytest.mark.parametrize("target", TARGETS)
def test_all_else_is_carried_over(target: str, tmp_path: Path) -> None:
    raw, syntax = data_set("CT_small.dcm")
    made = turned(raw, syntax, target, tmp_path)
    there = read(turned(made, target, EXPLICIT, tmp_path), EXPLICIT)
    before = read(raw, syntax)
    kept = [one.tag for one in before if one.tag.element and one.VR != "UN"]
    assert [there[tag].value for tag in kept] == [before[tag].value for tag in kept]


def test_lossy_history_stays(tmp_path: Path) -> None:
    data = bytes(imagecodecs.jpeg8_encode(colour(16, 16)[0]))
    changes = {
        "PhotometricInterpretation": "YBR_FULL_422",
        "LossyImageCompression": "01",
        "LossyImageCompressionMethod": "ISO_10918_1",
        "LossyImageCompressionRatio": "9.5",
    }
    raw = compressed(colour(16, 16), [data], **changes)
    for target in (EXPLICIT, JPEG_LS, IMPLICIT):
        dataset = read(turned(raw, model.JPEG_BASELINE, target, tmp_path), target)
        assert dataset.LossyImageCompression == "01"
        assert dataset.LossyImageCompressionRatio == 9.5
        assert (dataset.PhotometricInterpretation, dataset.PlanarConfiguration) == ("RGB", 0)


def test_planes_and_half_chrominance_become_what_a_codec_takes(tmp_path: Path) -> None:
    pixels = colour(4, 6)
    dataset = described(pixels, PlanarConfiguration=1)
    dataset.PixelData = pixels.transpose(0, 3, 1, 2).tobytes()
    dataset["PixelData"].VR = "OB"
    raw = encode(dataset, EXPLICIT)
    there = turned(raw, EXPLICIT, JPEG_LS, tmp_path)
    assert read(there, JPEG_LS).PlanarConfiguration == 0
    assert np.array_equal(frames(there, JPEG_LS)[0], pixels[0])
    assert turned(raw, EXPLICIT, IMPLICIT, tmp_path).endswith(dataset.PixelData)
    raw = native(np.full((1, 4, 4, 2), 90, "u1"), SamplesPerPixel=3, Columns=4)
    half = read(raw, EXPLICIT)
    half.PhotometricInterpretation, half.PlanarConfiguration = "YBR_FULL_422", 0
    there = turned(encode(half, EXPLICIT), EXPLICIT, RLE, tmp_path)
    assert read(there, RLE).PhotometricInterpretation == "YBR_FULL"


def test_an_icon_that_is_compressed_becomes_plain(tmp_path: Path) -> None:
    icon, pixels = described(grey(4, 4, dtype="u1"), NumberOfFrames=None), grey(8, 8)
    little = grey(4, 4, dtype="u1")
    icon.PixelData = encapsulate([bytes(imagecodecs.jpegls_encode(little[0]))], has_bot=False)
    icon["PixelData"].VR = "OB"
    icon["PixelData"].is_undefined_length = True
    dataset = described(pixels, IconImageSequence=[icon])
    dataset.PixelData = encapsulate([bytes(imagecodecs.jpegls_encode(pixels[0]))], has_bot=False)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    raw = encode(dataset, EXPLICIT)
    for target in (EXPLICIT, IMPLICIT, RLE):
        there = read(turned(raw, JPEG_LS, target, tmp_path), target)
        assert there.IconImageSequence[0].PixelData == little.tobytes()


def test_objects_without_pixels_stay_uncompressed(tmp_path: Path) -> None:
    raw, syntax = data_set("test-SR.dcm")
    assert turned(turned(raw, syntax, IMPLICIT, tmp_path), IMPLICIT, EXPLICIT, tmp_path)
    with pytest.raises(PixelError, match="nothing to compress"):
        turned(raw, syntax, RLE, tmp_path)
    dataset = described(np.zeros((1, 2, 2), "u4"))
    dataset.FloatPixelData = np.array([1, 2, 3, 4], "<f4").tobytes()
    raw = encode(dataset, EXPLICIT)
    swapped = turned(raw, EXPLICIT, model.BIG_ENDIAN, tmp_path)
    assert np.frombuffer(swapped[-16:], ">f4").tolist() == [1, 2, 3, 4]
    with pytest.raises(PixelError, match="nothing to compress"):
        turned(raw, EXPLICIT, RLE, tmp_path)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (native(grey(), Rows=9999, Columns=9999), "have 70 bytes, 1 frames need"),
        (native(grey(frames=2), NumberOfFrames=90), "need 6300"),
        (native(grey(), BitsAllocated=1, BitsStored=1), "single bits"),
        (b"", "has nothing to compress"),
        (native(grey())[:-20], "bytes longer than"),
    ],
)
def test_hostile_descriptions_end_in_words(raw: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(PixelError, match=words):
        turned(raw, EXPLICIT, JPEG_LS, tmp_path)


def test_hostile_frames_end_in_words(tmp_path: Path) -> None:
    good = bytes(imagecodecs.jpegls_encode(grey()[0]))
    for data, words in (
        (good[:-30], "no end"),
        (good[:20], "within its own header"),
        (good.replace(struct.pack(">HH", 5, 7), struct.pack(">HH", 65000, 65000)), "65000 rows"),
        (b"\0\0", "neither"),
    ):
        raw = compressed(grey(), [data + b"\0" * (len(data) % 2)])
        with pytest.raises(PixelError, match=f"frame 1: .*({words})|{words}"):
            turned(raw, JPEG_LS, EXPLICIT, tmp_path)
    bomb = compressed(np.zeros((1, 60000, 60000), "u1"), [good])
    with pytest.raises(PixelError, match="would take 3600000000 bytes"):
        turned(bomb, JPEG_LS, EXPLICIT, tmp_path)


def test_memory_stays_flat(tmp_path: Path) -> None:
    """200 MB in 400 frames cost no more than a few of them."""
    raw = native(grey(512, 512), NumberOfFrames=400)[: -(512 * 512 * 2 + 12)]
    path = tmp_path / "given"
    size = 400 * 512 * 512 * 2
    with path.open("wb") as file:
        file.write(raw + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, size))
        file.truncate(len(raw) + 12 + size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    job = model.Job("convert", str(path), 0, EXPLICIT, str(tmp_path / "out"), RLE)
    (tmp_path / "out").write_bytes(b"")
    from appliance.pixels.work import perform

    perform(job)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000
