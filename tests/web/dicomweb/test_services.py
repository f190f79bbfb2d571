"""The rooms answer all that is asked."""

from __future__ import annotations

from tests.web.dicomweb.conftest import Place
from web.dicomweb.services import Access, Reception, Retrieval, Search


async def test_the_rooms_answer(place: Place) -> None:
    access: Access = place.web.access
    search: Search = place.web.search
    retrieval: Retrieval = place.web.retrieval
    reception: Reception = place.web.reception
    assert await access.identify("nothing") is None
    assert "PatientID" in search.searchable("study")
    assert retrieval.can_convert("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")
    assert reception is not None
