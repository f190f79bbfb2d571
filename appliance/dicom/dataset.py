"""Small data sets as values: identifiers, work items, reports (never images).

pydicom's elements, encoded and decoded here with its warnings off: what peers send is often
not conformant, and what they ask for can still be understood.
"""

from __future__ import annotations

import warnings
from io import BytesIO

from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

from appliance.dicom.negotiation import IMPLICIT_LITTLE_ENDIAN
from appliance.errors import PeerError

# Latin alphabet No. 9 (PS3.3 C.12.1.1.2), which pydicom does not know yet.
python_encoding.setdefault("ISO_IR 203", "iso8859_15")
python_encoding.setdefault("ISO 2022 IR 203", "iso8859_15")

_BIG_ENDIAN = "1.2.840.10008.1.2.2"
UTF_8 = "ISO_IR 192"


class DatasetError(PeerError):
    """Bytes that are no data set; the text says why."""


def decode(raw: bytes, transfer_syntax_uid: str) -> Dataset:
    """The data set in `raw`, its values still to be converted. Raises DatasetError."""
    implicit, little = _form(transfer_syntax_uid)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = read_dataset(BytesIO(raw), implicit, little, bytelength=len(raw))
            dataset.set_original_encoding(implicit, little, None)
            _empty_stars(dataset)
            dataset.decode()
    # pydicom raises whatever a malformed byte leads it to; all of it means the same here.
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError) as error:
        raise DatasetError(f"the data set cannot be read: {error}") from error
    except (NotImplementedError, RecursionError, LookupError, EOFError) as error:
        raise DatasetError("the data set cannot be read") from error
    return dataset


def _empty_stars(dataset: Dataset) -> None:
    """Some ask for any number by a star, which is none; empty means the same (PS3.4 C.2.2.2.3)."""
    for tag in list(dataset.keys()):
        raw = dataset.get_item(tag)
        if isinstance(raw, RawDataElement) and (raw.value or b"").strip(b" \0") == b"*":
            vr = raw.VR or (dictionary_VR(tag) if dictionary_has_tag(tag) else "")
            if vr in ("IS", "DS"):
                dataset[tag] = raw._replace(value=b"", length=0)


def encode(dataset: Dataset, transfer_syntax_uid: str) -> bytes:
    """The bytes of a data set of ours."""
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = _form(transfer_syntax_uid)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_dataset(buffer, dataset)
    return bytes(buffer.getvalue())


def _form(transfer_syntax_uid: str) -> tuple[bool, bool]:
    """Implicit VR, little endian."""
    implicit = transfer_syntax_uid == IMPLICIT_LITTLE_ENDIAN
    return implicit, transfer_syntax_uid != _BIG_ENDIAN
