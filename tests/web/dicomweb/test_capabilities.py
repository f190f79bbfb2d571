"""What the service says about itself."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from web.dicomweb.capabilities import capabilities
from web.dicomweb.exchange import Body, Request
from web.dicomweb.routes import target_of
from web.dicomweb.services import Limits


def test_every_resource_it_names_is_there() -> None:
    body = Body(None, Limits())  # type: ignore[arg-type]
    answer = capabilities(Request("GET", "/", (), {}, "h", "https://x/dicomweb", body))
    tree = Xml.fromstring(answer.body)
    space = "{http://wadl.dev.java.net/2009/02}"
    paths = [one.attrib["path"] for one in tree.iter(f"{space}resource")]
    assert len(paths) > 15
    for path in paths:
        for name, value in {"study": "1", "series": "2", "instance": "3", "frames": "1"}.items():
            path = path.replace(f"{{{name}}}", value)
        assert target_of("/" + path.replace("{tag}", "7FE00010")).kind != "capabilities"
