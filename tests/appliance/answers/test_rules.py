"""Rules, and dry runs on what was really received."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from appliance.errors import BadRequest, UnknownName
from appliance.rooms import Rooms
from tests.appliance.answers.conftest import answers
from tests.appliance.running import picture
from web.forms import NodeForm, RuleForm
from web.services.bundle import Services

PACS = NodeForm("PACS", "PACS", "127.0.0.1", 11)


@pytest.fixture
async def services(lived_in: Rooms) -> Services:
    made = answers(lived_in)
    await made.nodes.add(PACS)
    return made


async def test_every_field_comes_back_also_after_a_restart(
    services: Services, lived_in: Rooms
) -> None:
    form = RuleForm("ct", "Modality == 'CT'", "PACS", "study", 7, "22:00-06:00")
    made = await services.rules.add(form)
    assert (made.per, made.priority, made.window) == ("study", 7, "22:00-06:00")
    await lived_in.routing.load()
    assert await services.rules.listed() == [made]


@pytest.mark.parametrize(
    "form",
    [
        RuleForm("a/b", "true", "PACS"),
        RuleForm("ct", "Modality ==", "PACS"),
        RuleForm("ct", "NoSuchKeyword == 'CT'", "PACS"),
        RuleForm("ct", "true", "PACS", priority=1000),
        RuleForm("ct", "true", "PACS", window="at night"),
    ],
)
async def test_nonsense_is_refused(services: Services, form: RuleForm) -> None:
    with pytest.raises(BadRequest):
        await services.rules.add(form)
    assert await services.rules.listed() == []


async def test_a_dry_run_says_what_would_go_and_why(services: Services) -> None:
    await services.rules.add(RuleForm("sr", "Modality == 'SR'", "PACS"))
    jane, yamada = await services.rules.test(None, None)
    assert (jane.study_uid, jane.to, jane.matched, jane.instances) == ("1.2.3", "PACS", 1, 3)
    assert (yamada.study_uid, yamada.matched, yamada.instances) == ("1.2.4", 0, 1)
    assert "SR" in jane.explanation
    assert (await services.queue.jobs(None, None)) == []


async def test_a_dry_run_sees_characters_as_they_were_meant(services: Services) -> None:
    [trial] = await services.rules.test("1.2.4", "PatientName.startsWith('山田')")
    assert (trial.matched, trial.to) == (1, "")


async def test_a_rule_applies_to_what_comes_not_to_what_was_there(
    services: Services, lived_in: Rooms, tmp_path: Path
) -> None:
    await services.queue.pause("PACS")
    await services.rules.add(RuleForm("all", "true", "PACS", priority=4))
    assert await services.queue.jobs("PACS", None) == []
    new = picture("1.2.4.2", "1.2.4").save(tmp_path / "new.dcm")
    await lived_in.intake.import_file(new)
    with trio.fail_after(20):
        await lived_in.archive.until_indexed(lived_in.volume.last())
    [job] = await services.queue.jobs("PACS", None)
    assert (job.study_uid, job.rule, job.instances, job.priority) == ("1.2.4", "all", 1, 4)


async def test_a_rule_says_why_it_does_not_work(services: Services, lived_in: Rooms) -> None:
    await services.rules.add(RuleForm("all", "true", "PACS"))
    lived_in.nodes._nodes.clear()  # as when somebody took it out of the database
    [rule] = await services.rules.listed()
    assert rule.note == "no node is called PACS"


async def test_without_a_study_there_is_nothing_to_try(rooms: Rooms) -> None:
    rules = answers(rooms).rules
    with pytest.raises(BadRequest, match="nothing was received yet"):
        await rules.test(None, None)
    with pytest.raises(UnknownName, match="`arca studies` lists them"):
        await rules.test("1.2.3", None)
