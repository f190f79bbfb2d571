"""Everything that DICOMweb asks, put together out of the rooms."""

from __future__ import annotations

from appliance.answers.fetching import Fetching
from appliance.answers.reception import Reception
from appliance.answers.search import Search
from appliance.answers.tokens import Access
from appliance.rooms import Rooms
from web.dicomweb.services import Dicomweb, Limits


def dicomweb_of(rooms: Rooms) -> Dicomweb | None:
    """None when the configuration wants none."""
    section = rooms.config.dicomweb
    if not section.listen:
        return None
    limits = Limits(
        largest_object=rooms.config.dicom.max_object,
        most_parts=section.max_parts,
        most_matches=section.max_matches,
    )
    return Dicomweb(
        Access(rooms.access),
        Search(rooms.archive),
        Fetching(rooms.archive, rooms.volume, rooms.pixels),
        Reception(rooms.intake, rooms.config.dicom.ae_title),
        origins=frozenset(section.origins),
        limits=limits,
    )
