"""QIDO-RS: which studies, series and instances there are (PS3.18 10.6)."""

from __future__ import annotations

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from web.dicomweb.accept import Form, accepted, choose
from web.dicomweb.exchange import Answer, Request
from web.dicomweb.notation import JSON, encoded, object_of
from web.dicomweb.parameters import Asked, asked
from web.dicomweb.routes import Target
from web.dicomweb.services import Dicomweb, Holder, Level, Question

_RETRIEVE_URL = 0x00081190
_FORMS = (Form(JSON), Form("application/json"))
_LEVELS: tuple[Level, ...] = ("study", "series", "instance")
# What is told of each level without being asked for (PS3.18 Tables 10.6.3-3 to 10.6.3-5).
_STUDY = frozenset(
    {0x00080005, 0x00080020, 0x00080030, 0x00080050, 0x00080056, 0x00080061, 0x00080090}
    | {0x00080201, 0x00081190, 0x00100010, 0x00100020, 0x00100030, 0x00100040, 0x0020000D}
    | {0x00200010, 0x00201206, 0x00201208}
)
_SERIES = frozenset(
    {0x00080005, 0x00080060, 0x00080201, 0x0008103E, 0x00081190, 0x0020000E, 0x00200011}
    | {0x00201209, 0x00400244, 0x00400245, 0x00400275}
)
_INSTANCE = frozenset(
    {0x00080005, 0x00080016, 0x00080018, 0x00080056, 0x00080201, 0x00081190, 0x00200013}
    | {0x00280008, 0x00280010, 0x00280011, 0x00280100}
)


async def search(web: Dicomweb, request: Request, target: Target, holder: Holder) -> Answer:
    form, _ = choose(accepted(request.headers.get("accept"), request.parameter("accept")), _FORMS)
    searchable = {level: web.search.searchable(level) for level in _LEVELS}
    wanted = asked(target, request.query, searchable, web.limits.most_matches)
    question = Question(wanted.level, wanted.conditions, wanted.fuzzy, wanted.limit, wanted.offset)
    found = await web.search.find(question)
    web.access.used(holder.name, "search", target.study, request.host)
    warnings = _warnings(wanted, more=found.more and wanted.limit == web.limits.most_matches)
    headers = {"Warning": ", ".join(warnings)} if warnings else {}
    if not found.matches:
        return Answer(204, headers)
    tags = _told(target, wanted)
    matches = [_chosen(request.base, one, tags, wanted.level) for one in found.matches]
    return Answer(200, {**headers, "Content-Type": form.name}, encoded(matches))


def _told(target: Target, wanted: Asked) -> frozenset[int] | None:
    """The attributes of the level and of those above that the address does not fix."""
    if wanted.include is None:
        return None
    tags = {"study": _STUDY, "series": _SERIES, "instance": _INSTANCE}[wanted.level]
    if wanted.level != "study" and not target.study:
        tags |= _STUDY
    if wanted.level == "instance" and not target.series:
        tags |= _SERIES
    conditions = {_tag_of(keyword) for keyword in wanted.conditions}
    return tags | wanted.include | conditions


def _tag_of(keyword: str) -> int:
    return int(tag_for_keyword(keyword) or 0)


def _chosen(
    base: str, match: Dataset, tags: frozenset[int] | None, level: Level
) -> dict[str, object]:
    whole = object_of(match)
    whole[f"{_RETRIEVE_URL:08X}"] = {"vr": "UR", "Value": [base + _address(match, level)]}
    chosen = {tag: value for tag, value in whole.items() if tags is None or int(tag, 16) in tags}
    return dict(sorted(chosen.items()))


def _address(match: Dataset, level: Level) -> str:
    address = f"/studies/{match.StudyInstanceUID}"
    if level != "study":
        address += f"/series/{match.SeriesInstanceUID}"
    return f"{address}/instances/{match.SOPInstanceUID}" if level == "instance" else address


def _warnings(wanted: Asked, *, more: bool) -> list[str]:
    """PS3.18 8.3.4.4.1 and Table 8.3.4-1."""
    told: list[str] = []
    if more:
        told.append(
            '299 arca "There are more than so many results; narrow the search, or ask for the '
            'next ones with offset"'
        )
    if wanted.ignored:
        names = " ".join(wanted.ignored)[:200]
        told.append(f'299 arca "These attributes were not matched: {names}"')
    return told
