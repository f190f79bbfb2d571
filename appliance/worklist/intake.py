"""Worklist data sets from elsewhere made fit to be kept: nothing lost, what is due filled in."""

from __future__ import annotations

from pydicom.dataset import Dataset

from appliance.dicom.dataset import UTF_8
from appliance.dicom.uids import stand_in, well_formed
from appliance.errors import BadRequest
from appliance.worklist.attributes import STEPS, item_of, put, single_steps
from appliance.worklist.model import Item, is_date

_LONGEST = 200_000  # elements in all: of an item some 80, of a performed step with images more


def prepared(dataset: Dataset) -> list[tuple[Item, Dataset]]:
    """Its scheduled procedure steps, each with a data set in UTF-8. Raises `BadRequest`.

    Type 1 attributes that are missing get a value that is the same each time
    (PS3.4 Table K.6-1): a modality can show and use every item.
    """
    if not dataset.get(STEPS):
        raise BadRequest("there is no Scheduled Procedure Step Sequence in it")
    in_utf_8(dataset)
    return [_filled(one) for one in single_steps(dataset)]


def in_utf_8(dataset: Dataset) -> None:
    """Let it be written in UTF-8, on every level, without what belongs to files and messages.

    Raises `BadRequest` for one that is far too large.
    """
    count = 0
    for level in _levels(dataset):
        count += len(level)
        for tag in [tag for tag in level if tag.tag.element == 0 or tag.tag.group in (0, 2)]:
            del level[tag.tag]
        if level is not dataset and "SpecificCharacterSet" in level:
            del level.SpecificCharacterSet
    if count > _LONGEST:
        raise BadRequest(f"it has more than {_LONGEST} attributes")
    dataset.SpecificCharacterSet = UTF_8


def _levels(dataset: Dataset) -> list[Dataset]:
    found = [dataset]
    for level in found:
        for element in level:
            if element.VR == "SQ":
                found.extend(element.value or ())
    return found


def _filled(dataset: Dataset) -> tuple[Item, Dataset]:
    item = item_of(dataset)
    if not is_date(item.start_date.replace(".", "")):
        raise BadRequest("its Scheduled Procedure Step Start Date is missing or no date")
    procedure = item.requested_procedure_id or item.accession_number
    wanted = {
        "step_id": item.step_id or procedure or "1",
        "requested_procedure_id": procedure or item.step_id or "1",
        "start_date": item.start_date.replace(".", ""),
        "start_time": item.start_time or "000000",
        "modality": item.modality or "OT",
        "state": item.state,
    }
    if not well_formed(item.study_instance_uid):
        wanted["study_instance_uid"] = stand_in(f"{item.patient_id}\n{procedure}\n{item.step_id}")
    put(dataset, {name: value[:64] for name, value in wanted.items()})
    return item_of(dataset), dataset
