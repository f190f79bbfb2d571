"""What whoever answers the web must do: one suite, for the rooms and for the appliance in memory.

It holds two studies: 1.2.3 of Doe^Jane (P1), of 2026-02-28, CT and SR, the newer one; and 1.2.4 of
山田^太郎 (P2) without a date. MR2 at 10.0.0.8 called three times and waits to be admitted, CT1
at 10.0.0.7 was rejected. Three things happened. There are no nodes and no rules.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import fields
from pathlib import Path

import pytest

from appliance.errors import BadRequest, NameTaken, UnknownName
from web.forms import NodeChanges, NodeForm, RuleForm, TokenForm
from web.services.bundle import Services
from web.services.studies import ImportProgress

PACS = NodeForm("PACS", "PACS_AE", "127.0.0.1", 11, max_associations=3, window="22:00-06:00")
ALL = RuleForm("all", "true", "PACS")


class Conformance:
    """Subclasses give the fixtures `services`, `answering` (a port) and `medium` (a folder)."""

    # The appliance as a whole.

    async def test_the_status_counts(self, services: Services) -> None:
        await services.nodes.add(PACS)
        await services.rules.add(ALL)
        status = await services.overview.status()
        assert (status.studies, status.nodes, status.rules) == (2, 1, 1)
        assert (status.ae_title, status.well) == ("ARCA", True)
        assert status.started.utcoffset() is not None
        assert status.free_bytes > 0
        assert (status.store, status.counted) == ("open", True)
        assert [one.name for one in status.levels] == ["send", "receive", "route"]
        assert status.parts == await services.overview.healthy()
        assert "index" in {part.name for part in status.parts}

    async def test_events_come_newest_first(self, services: Services) -> None:
        events = await services.overview.events(3)
        assert [one.text[:8] for one in events] == ["object 0", "object 1", "object 2"]
        assert {one.severity for one in events} == {"alarm"}
        assert await services.overview.events(1) == events[:1]

    async def test_what_is_metered(self, services: Services) -> None:
        assert b"arca_bytes_total " in await services.overview.exposition()

    # Tokens.

    async def test_tokens(self, services: Services) -> None:
        made = await services.tokens.add(TokenForm("viewer", ("search", "retrieve")))
        assert (made.token.rights, len(made.secret)) == (("retrieve", "search"), 48)
        assert await services.tokens.listed() == [made.token]
        with pytest.raises(NameTaken):
            await services.tokens.add(TokenForm("viewer"))
        with pytest.raises(BadRequest):
            await services.tokens.add(TokenForm("other", ("fly",)))
        await services.tokens.remove("viewer")
        with pytest.raises(UnknownName):
            await services.tokens.remove("viewer")

    # Studies.

    @pytest.mark.parametrize(
        ("search", "found"),
        [
            ("", ["1.2.3", "1.2.4"]),
            ("jane", ["1.2.3"]),
            ("山田", ["1.2.4"]),
            ("P2", ["1.2.4"]),
            ("1.2.3", ["1.2.3"]),
            ("2.4", ["1.2.4"]),
            ("nobody", []),
        ],
    )
    async def test_studies_are_found(
        self, services: Services, search: str, found: list[str]
    ) -> None:
        assert [one.study_uid for one in await services.studies.find(search, None)] == found
        assert len(await services.studies.find(search, 1)) == min(1, len(found))

    async def test_what_a_list_of_studies_shows(self, services: Services) -> None:
        jane, yamada = await services.studies.find("", None)
        assert (jane.patient_id, jane.patient_name) == ("P1", "Doe^Jane")
        assert (jane.study_date, jane.modalities) == ("2026-02-28", ("CT", "SR"))
        assert jane.instances > 1
        assert jane.received is not None
        assert (yamada.study_date, yamada.instances) == ("", 1)

    async def test_a_study_is_sent(self, services: Services) -> None:
        await services.nodes.add(PACS)
        await services.queue.pause("PACS")
        [jane] = await services.studies.find("jane", None)
        job = await services.studies.send("1.2.3", "PACS", 5)
        assert (job.study_uid, job.destination, job.priority) == ("1.2.3", "PACS", 5)
        assert job.instances == jane.instances
        assert job.id in [one.id for one in await services.queue.jobs("PACS", None)]

    async def test_only_what_is_here_is_sent_and_only_to_nodes(self, services: Services) -> None:
        with pytest.raises(UnknownName):
            await services.studies.send("1.2.3", "PACS", None)
        await services.nodes.add(PACS)
        with pytest.raises(UnknownName):
            await services.studies.send("9.9", "PACS", None)

    async def test_an_import_counts_up_to_its_end(self, services: Services, medium: Path) -> None:
        *steps, last = await self._imported(services, medium)
        assert (last.done, last.current) == (True, "")
        assert [one.done for one in steps] == [False, False]
        assert [one.files for one in steps] == [1, 2]
        assert steps[0].current.startswith(str(medium))
        parts = last.stored + last.duplicates + last.ignored + last.failed
        assert (last.files, parts, last.failed) == (2, 2, 1)
        assert sorted(bool(one.error) for one in steps) == [False, True]
        assert last.error == ""
        assert last.bytes > 0

    async def _imported(self, services: Services, path: Path) -> list[ImportProgress]:
        async with aclosing(services.studies.import_path(path)) as reports:
            return [one async for one in reports]

    # Nodes.

    async def test_a_node_is_kept_as_it_was_given(self, services: Services) -> None:
        assert await services.nodes.listed() == []
        made = await services.nodes.add(PACS)
        shown = [one.name for one in fields(PACS) if one.name != "token"]
        assert [getattr(made, name) for name in shown] == [getattr(PACS, name) for name in shown]
        assert (made.paused, made.waiting, made.note) == (False, 0, "")
        assert await services.nodes.listed() == [made]
        with pytest.raises(NameTaken):
            await services.nodes.add(PACS)
        await services.nodes.remove("PACS")
        assert await services.nodes.listed() == []
        with pytest.raises(UnknownName):
            await services.nodes.remove("PACS")

    async def test_a_node_changes_where_it_is_told_to(self, services: Services) -> None:
        await services.nodes.add(PACS)
        wish = NodeChanges(port=2762, tls=True, services=("store",), url="https://x", token="t")
        made = await services.nodes.change("PACS", wish)
        assert (made.port, made.tls, made.services, made.url) == (
            2762,
            True,
            ("store",),
            "https://x",
        )
        assert made.has_token
        assert "'t'" not in repr(made)
        assert (made.ae_title, made.host) == (PACS.ae_title, PACS.host)
        again = await services.nodes.change("PACS", NodeChanges(url="", token=""))
        assert (again.url, again.has_token, again.tls) == ("", False, True)
        with pytest.raises(UnknownName):
            await services.nodes.change("nobody", NodeChanges(port=1))

    async def test_a_node_that_is_needed_stays(self, services: Services) -> None:
        await services.nodes.add(PACS)
        await services.rules.add(ALL)
        with pytest.raises(BadRequest, match="all"):
            await services.nodes.remove("PACS")
        await services.rules.remove("all")
        await services.nodes.remove("PACS")

    async def test_an_echo_is_an_answer_in_any_case(
        self, services: Services, answering: int
    ) -> None:
        await services.nodes.add(NodeForm("there", "ANY", "127.0.0.1", answering))
        await services.nodes.add(NodeForm("gone", "ANY", "127.0.0.1", 11))
        good, bad = await services.nodes.echo("there"), await services.nodes.echo("gone")
        assert (good.ok, good.diagnosis) == (True, "")
        assert not bad.ok
        assert bad.diagnosis
        with pytest.raises(UnknownName):
            await services.nodes.echo("nobody")

    async def test_a_caller_is_admitted(self, services: Services) -> None:
        [caller] = await services.nodes.pending()
        assert (caller.calling_ae_title, caller.host, caller.calls) == ("MR2", "10.0.0.8", 3)
        for title, host in (("MR2", "10.0.0.9"), ("MR9", None)):
            with pytest.raises(UnknownName):
                await services.nodes.admit(title, host, None)
        assert await services.nodes.admit("MR2", None, None) == caller
        assert await services.nodes.pending() == []
        [node] = await services.nodes.listed()
        assert (node.ae_title, node.host) == ("MR2", "10.0.0.8")

    async def test_associations_of_a_peer(self, services: Services) -> None:
        [one] = await services.nodes.associations("CT1")
        assert (one.calling_ae_title, one.direction, one.outcome) == ("CT1", "in", "rejected")
        assert one.diagnosis
        assert one in await services.nodes.associations(None)
        assert await services.nodes.associations("nobody") == []

    # Rules.

    async def test_a_rule_is_kept_as_it_was_given(self, services: Services) -> None:
        with pytest.raises(UnknownName):
            await services.rules.add(ALL)
        await services.nodes.add(PACS)
        made = await services.rules.add(ALL)
        assert (made.name, made.when, made.to, made.note) == ("all", "true", "PACS", "")
        assert (made.per, made.priority, made.window) == ("instance", 0, None)
        assert await services.rules.listed() == [made]
        with pytest.raises(NameTaken):
            await services.rules.add(ALL)
        with pytest.raises(BadRequest):
            await services.rules.add(RuleForm("bad", "(", "PACS"))
        await services.rules.remove("all")
        with pytest.raises(UnknownName):
            await services.rules.remove("all")

    async def test_a_dry_run_of_the_rules(self, services: Services) -> None:
        await services.nodes.add(PACS)
        assert await services.rules.test(None, None) == []
        await services.rules.add(ALL)
        await services.rules.add(RuleForm("none", "false", "PACS"))
        found = await services.rules.test(None, None)
        assert [(one.study_uid, one.rule) for one in found] == [
            ("1.2.3", "all"),
            ("1.2.3", "none"),
            ("1.2.4", "all"),
            ("1.2.4", "none"),
        ]
        assert all(one.explanation for one in found)
        assert [one.rule for one in await services.rules.test("1.2.4", None)] == ["all", "none"]

    async def test_a_dry_run_of_an_expression(self, services: Services) -> None:
        [trial] = await services.rules.test("1.2.4", "false")
        assert (trial.study_uid, trial.rule, trial.to) == ("1.2.4", "", "")
        assert (trial.matched, trial.instances) == (0, 1)
        assert "false" in trial.explanation
        with pytest.raises(UnknownName):
            await services.rules.test("9.9", "true")
        with pytest.raises(BadRequest):
            await services.rules.test("1.2.4", "(")

    # The queue.

    async def test_a_part_of_the_queue(self, services: Services) -> None:
        await services.nodes.add(PACS)
        await services.queue.pause("PACS")
        await services.studies.send("1.2.3", "PACS", None)
        jobs = await services.queue.jobs(None, None)
        assert jobs
        assert [one for one in jobs if one.destination == "PACS"] == (
            await services.queue.jobs("PACS", None)
        )
        assert await services.queue.jobs("nowhere", None) == []
        state = jobs[0].state
        assert [one for one in jobs if one.state == state] == await services.queue.jobs(None, state)
        assert await services.queue.jobs(None, "no such state") == []

    async def test_trying_again(self, services: Services) -> None:
        await services.nodes.add(PACS)
        await services.queue.pause("PACS")
        job = await services.studies.send("1.2.3", "PACS", None)
        assert await services.queue.retry(job.id) == 1
        assert await services.queue.retry(None) >= 1
        with pytest.raises(UnknownName):
            await services.queue.retry(999)

    async def test_pausing(self, services: Services) -> None:
        await services.nodes.add(PACS)
        assert (await services.queue.pause("PACS")).paused
        assert [one.paused for one in await services.nodes.listed()] == [True]
        assert not (await services.queue.resume("PACS")).paused
        for steer in (services.queue.pause, services.queue.resume):
            with pytest.raises(UnknownName):
                await steer("nobody")
