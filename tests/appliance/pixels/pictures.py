"""Images made for one test each, and short ways to turn them over."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.filereader import dcmread, read_dataset

from appliance.dicom.dataset import encode
from appliance.dicom.part10 import file_header
from appliance.pixels.image import Image
from appliance.pixels.model import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, Job
from appliance.pixels.source import Source
from appliance.pixels.stored import Stored
from appliance.pixels.work import perform

LARGEST = 1 << 30
FILES = sorted((Path(pydicom.__file__).parent / "data" / "test_files").glob("*.dcm"))


def described(pixels: Any, **changes: Any) -> Dataset:
    """The description of an array of frames, rows, columns and, for colour, samples."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.3", "1.2.3.4"
    dataset.PatientName = "Doe^Jane"
    colour = pixels.shape[-1] == 3
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        dataset.PlanarConfiguration = 0
    dataset.NumberOfFrames = pixels.shape[0]
    dataset.Rows, dataset.Columns = pixels.shape[1:3]
    bits = 8 * pixels.dtype.itemsize
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    for keyword, value in changes.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    return dataset


def native(pixels: Any, syntax: str = EXPLICIT, **changes: Any) -> bytes:
    """A whole image, uncompressed."""
    dataset = described(pixels, **changes)
    raw = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    dataset.PixelData = raw + b"\0" * (len(raw) % 2)
    dataset["PixelData"].VR = "OW" if pixels.dtype.itemsize > 1 else "OB"
    if syntax == BIG_ENDIAN and dataset["PixelData"].VR == "OW":
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").byteswap().tobytes()
    return encode(dataset, syntax)


def compressed(pixels: Any, frames: list[bytes], **changes: Any) -> bytes:
    """A whole image of which the frames are encoded already."""
    dataset = described(pixels, **changes)
    dataset.PixelData = encapsulate(frames, has_bot=False)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return encode(dataset, EXPLICIT)


def source(raw: bytes, syntax: str = EXPLICIT) -> Source:
    if syntax == DEFLATED:
        raw = zlib.decompress(raw, -15)
    return Source(BytesIO(raw), 0, len(raw), syntax)


def stored(raw: bytes, syntax: str = EXPLICIT) -> Stored:
    return Stored(source(raw, syntax), syntax, LARGEST)


def frames(raw: bytes, syntax: str) -> list[Any]:
    """Every decoded frame."""
    object_ = stored(raw, syntax)
    return [object_.pixels(number + 1)[0] for number in range(object_.image.frames)]


def turned(raw: bytes, syntax: str, target: str, folder: Path) -> bytes:
    """The data set in another transfer syntax."""
    given, out = folder / "given", folder / "out"
    given.write_bytes(raw)
    out.write_bytes(b"")
    perform(Job("convert", str(given), 0, syntax, str(out), target, largest=LARGEST))
    return out.read_bytes()


def read(raw: bytes, syntax: str) -> Dataset:
    """As pydicom reads it."""
    if syntax == DEFLATED:
        raw = zlib.decompress(raw, -15)
    implicit, little = syntax == IMPLICIT, syntax != BIG_ENDIAN
    return read_dataset(BytesIO(raw), implicit, little, bytelength=len(raw))


def as_file(raw: bytes, syntax: str) -> bytes:
    return file_header("1.2.840.10008.5.1.4.1.1.7", "1.2.3.4", syntax) + raw


def opened(raw: bytes, syntax: str) -> Dataset:
    """As pydicom reads it, ready to be decoded by it."""
    return dcmread(BytesIO(as_file(raw, syntax)))


def grey(rows: int = 5, columns: int = 7, frames: int = 1, dtype: str = "u2") -> Any:
    """Every value another one, the greatest and the least among them."""
    kind = np.iinfo(dtype)
    random = np.random.default_rng(rows * columns * frames)
    pixels = random.integers(kind.min, kind.max, (frames, rows, columns), dtype, endpoint=True)
    pixels[0, 0, 0], pixels[0, -1, -1] = kind.min, kind.max
    return pixels


def colour(rows: int = 5, columns: int = 7, frames: int = 1, dtype: str = "u1") -> Any:
    random = np.random.default_rng(rows)
    return random.integers(0, np.iinfo(dtype).max, (frames, rows, columns, 3), dtype)


def shape(pixels: Any, **changes: Any) -> Image:
    """The description of one array."""
    kind = pixels.dtype
    given = {
        "rows": pixels.shape[0],
        "columns": pixels.shape[1],
        "samples": 3 if pixels.ndim == 3 else 1,
        "allocated": 8 * kind.itemsize,
        "stored": 8 * kind.itemsize,
        "signed": kind.kind == "i",
        "photometric": "RGB" if pixels.ndim == 3 else "MONOCHROME2",
        "planar": False,
        "frames": 1,
    }
    return Image(**given | changes)
