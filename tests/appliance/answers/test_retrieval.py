"""Questions to other archives, with the registry and the index that really work."""

from __future__ import annotations

import pytest

from appliance.errors import BadRequest, PeerError, UnknownName
from web.forms import NodeForm, QueryForm
from web.services.bundle import Services

NODE = NodeForm("pacs", "PACS", "127.0.0.1", 1)  # nobody listens there


async def test_what_cannot_be_asked_is_told(services: Services) -> None:
    with pytest.raises(UnknownName):
        await services.retrieval.find("pacs", QueryForm())
    await services.nodes.add(NODE)
    with pytest.raises(BadRequest, match="write Keyword=value"):
        await services.retrieval.find("pacs", QueryForm(others=("Modality",)))
    with pytest.raises(BadRequest, match="no attribute"):
        await services.retrieval.find("pacs", QueryForm(others=("Nonsense=1",)))
    with pytest.raises(PeerError, match="refused the connection"):
        await services.retrieval.find("pacs", QueryForm())


async def test_what_cannot_be_brought_is_told(services: Services) -> None:
    await services.nodes.add(NODE)
    for studies, method, words in (
        (("1.2",), "fly", "method 'fly'"),
        (("../etc",), "get", "no Study Instance UID"),
    ):
        with pytest.raises(BadRequest, match=words):
            await anext(services.retrieval.retrieve("pacs", studies, method))
    [last] = [one async for one in services.retrieval.retrieve("pacs", ("1.2",), "auto")]
    assert (last.state, last.here) == ("refused", 0)
    assert "refused the connection" in last.words
