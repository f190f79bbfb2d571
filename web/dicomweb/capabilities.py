"""What can be asked here (PS3.18 8.9), for programs and for the curious."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from web.dicomweb.accept import Form, accepted, choose
from web.dicomweb.exchange import Answer, Request

WADL = "application/vnd.sun.wadl+xml"
_OBJECTS = 'multipart/related; type="application/dicom"'
_JSON = "application/dicom+json"
_INSTANCE = "studies/{study}/series/{series}/instances/{instance}"
RESOURCES: tuple[tuple[str, str, str, str], ...] = (
    ("studies", "GET", "SearchForStudies", _JSON),
    ("studies", "POST", "StoreInstances", _JSON),
    ("series", "GET", "SearchForSeries", _JSON),
    ("instances", "GET", "SearchForInstances", _JSON),
    ("studies/{study}", "GET", "RetrieveStudy", _OBJECTS),
    ("studies/{study}", "POST", "StoreStudyInstances", _JSON),
    ("studies/{study}/metadata", "GET", "RetrieveStudyMetadata", _JSON),
    ("studies/{study}/series", "GET", "SearchForStudySeries", _JSON),
    ("studies/{study}/instances", "GET", "SearchForStudyInstances", _JSON),
    ("studies/{study}/series/{series}", "GET", "RetrieveSeries", _OBJECTS),
    ("studies/{study}/series/{series}/metadata", "GET", "RetrieveSeriesMetadata", _JSON),
    ("studies/{study}/series/{series}/instances", "GET", "SearchForStudySeriesInstances", _JSON),
    (_INSTANCE, "GET", "RetrieveInstance", _OBJECTS),
    (f"{_INSTANCE}/metadata", "GET", "RetrieveInstanceMetadata", _JSON),
    (f"{_INSTANCE}/frames/{{frames}}", "GET", "RetrieveFrames", "multipart/related"),
    (f"{_INSTANCE}/bulkdata/{{tag}}", "GET", "RetrieveBulkData", "application/octet-stream"),
    (f"{_INSTANCE}/rendered", "GET", "RetrieveRenderedInstance", "image/jpeg"),
    (f"{_INSTANCE}/thumbnail", "GET", "RetrieveInstanceThumbnail", "image/jpeg"),
)


def capabilities(request: Request) -> Answer:
    """The whole service as WADL; the standard names no other form that is told apart so well."""
    wanted = accepted(request.headers.get("accept"), request.parameter("accept"))
    form, _ = choose(wanted, (Form(WADL), Form("application/xml"), Form("text/xml")))
    return Answer(200, {"Content-Type": form.name}, _wadl(request.base).encode())


def _wadl(base: str) -> str:
    resources = "".join(
        f"<resource path={quoteattr(path)}><method name={quoteattr(method)} id={quoteattr(name)}>"
        f"<response><representation mediaType={quoteattr(form)}/></response></method></resource>"
        for path, method, name, form in RESOURCES
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<application xmlns="http://wadl.dev.java.net/2009/02">'
        f"<resources base={quoteattr(base)}>{resources}</resources></application>"
    )
