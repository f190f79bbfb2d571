"""The routing rules, and what they would do."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.archive.model import Study, StudyFilter
from appliance.archive.service import Archive
from appliance.errors import BadRequest, UnknownName
from appliance.nodes.window import Window
from appliance.routing import model
from appliance.routing.service import Routing
from web.forms import RuleForm
from web.services.rules import Rule, Trial

# A dry run reads headers from the files: so many studies and instances are a fair picture.
_STUDIES = 20
_INSTANCES = 500


@dataclass(frozen=True)
class Rules:
    """See `web.services.rules.Rules`."""

    routing: Routing
    archive: Archive

    async def listed(self) -> list[Rule]:
        return [self._rule(one) for one in self.routing.list()]

    async def add(self, form: RuleForm) -> Rule:
        rule = model.Rule(
            name=form.name,
            when=form.when,
            to=form.to,
            per=form.per,
            priority=form.priority,
            window=Window.parse(form.window) if form.window else None,
        )
        return self._rule(await self.routing.add(rule))

    async def remove(self, name: str) -> None:
        await self.routing.remove(name)

    async def test(self, study_uid: str | None, when: str | None) -> list[Trial]:
        studies = [await self._study(study_uid)] if study_uid else await self._newest()
        if not studies:
            raise BadRequest("nothing was received yet: send a study, then test the rules on it")
        return [trial for study in studies for trial in await self._trials(study, when)]

    async def _study(self, study_uid: str) -> Study:
        found = await self.archive.study(study_uid)
        if found is None:
            raise UnknownName(f"there is no study {study_uid}; `arca studies` lists them")
        return found.study

    async def _newest(self) -> list[Study]:
        return await self.archive.studies(StudyFilter(limit=_STUDIES))

    async def _trials(self, study: Study, when: str | None) -> list[Trial]:
        instances = await self.archive.with_headers(study.study_uid, _INSTANCES)
        return [
            Trial(
                study_uid=study.study_uid,
                rule="" if when else one.rule,
                to=one.to,
                matched=one.matched,
                instances=one.instances,
                explanation=one.why,
            )
            for one in self.routing.explain(study, instances, when=when)
        ]

    def _rule(self, one: model.Rule) -> Rule:
        return Rule(
            name=one.name,
            when=one.when,
            to=one.to,
            per=one.per,
            priority=one.priority,
            window=str(one.window) if one.window else None,
            note=self.routing.note(one.name),
        )
