"""An appliance in memory, answering what the web asks, and ways to reach the two doors."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from appliance.errors import BadRequest, NameTaken, UnknownName
from web.forms import (
    CopyForm,
    NodeChanges,
    NodeForm,
    QueryForm,
    RuleForm,
    ScheduleForm,
    TokenForm,
)
from web.services.bundle import Services
from web.services.commitment import Transaction
from web.services.nodes import Association, Caller, Echo, Node, Step
from web.services.overview import Event, Level, Part, Status
from web.services.queue import Job
from web.services.retrieval import RemoteStudy, RetrievalStep
from web.services.rules import Rule, Trial
from web.services.studies import ImportProgress, Study
from web.services.tokens import NewToken, Token
from web.services.worklist import Copy, Item, Performed, Taken

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PATIENT = "Doe^Jane"

LEVELS = (
    Level("send", 2.0, None, 0, kept=True),
    Level("receive", 3.0, 0.0123, 1234, kept=True),
    Level("route", 5.0, 7.5, 12, kept=False),
)
STUDIES = [
    Study("P1", PATIENT, "1.2.3", "2026-02-28", ("CT", "SR"), 120, complete=True, received=NOON),
    Study("P2", "山田^太郎", "1.2.4", "", (), 1, complete=False, received=NOON),
]
JOB = Job(17, "PACS", "waiting", "1.2.3", "all", 0, 120, 7, 2, NOON, "refused", NOON)

PROMISED = Transaction("2.25.1", "in", "CT1", "reported", 12, 2, NOON, NOON, None, "")


@dataclass
class Memory:
    """What all of them know."""

    nodes: dict[str, Node] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=lambda: [JOB])
    studies: list[Study] = field(default_factory=lambda: list(STUDIES))
    items: dict[int, Item] = field(default_factory=dict)
    copies: dict[str, Copy] = field(default_factory=dict)
    callers: list[Caller] = field(default_factory=list)
    parts: tuple[Part, ...] = (Part("listener", well=True), Part("index", well=True))
    store: Literal["open", "full", "stopped"] = "open"
    counted: bool = True  # the database answers
    failure: Exception | None = None  # raised by the overview
    closed: bool = False  # an import was closed before its end
    broken_off: str = ""  # why an import ends after its second file

    def node(self, name: str) -> Node:
        if name not in self.nodes:
            raise UnknownName(f"there is no node {name}")
        return self.nodes[name]


class Statement:
    async def statement(self, form: str, language: str) -> str:
        if form not in ("markdown", "html") or language not in ("", "en", "es"):
            raise BadRequest("a statement is markdown or html, in the language en or es")
        title = "Declaración" if language == "es" else "DICOM Conformance Statement"
        return f"<h1>{title}</h1>" if form == "html" else f"# {title}\n"


@dataclass
class Overview:
    memory: Memory

    async def status(self) -> Status:
        if self.memory.failure is not None:
            raise self.memory.failure
        return Status(
            name="Clínica <Norte>",
            version="0.1.0",
            ae_title="ARCA",
            address="0.0.0.0",
            port=11112,
            started=NOON,
            uptime_seconds=timedelta(days=3, hours=4).total_seconds(),
            free_bytes=812 * 2**30,
            store=self.memory.store,
            studies=len(self.memory.studies) if self.memory.counted else None,
            instances=1_234_567 if self.memory.counted else None,
            waiting=113 if self.memory.counted else None,
            set_aside=0 if self.memory.counted else None,
            index_lag=0,
            open_associations=2,
            nodes=len(self.memory.nodes),
            rules=len(self.memory.rules),
            levels=LEVELS,
            parts=self.memory.parts,
            availability=0.99957,
        )

    async def healthy(self) -> tuple[Part, ...]:
        return self.memory.parts

    async def exposition(self) -> bytes:
        return b"arca_bytes_total 1.0\n"

    async def events(self, limit: int) -> list[Event]:
        return [Event(NOON, "conflict", "alarm", f"object {n} differs") for n in range(3)][:limit]


@dataclass
class Studies:
    memory: Memory

    async def find(self, search: str, limit: int | None) -> list[Study]:
        found = [one for one in self.memory.studies if search.lower() in str(one).lower()]
        return found[:limit]

    async def send(self, study_uid: str, node: str, priority: int | None) -> Job:
        self.memory.node(node)
        if study_uid not in [one.study_uid for one in self.memory.studies]:
            raise UnknownName(f"there is no study {study_uid}")
        job = replace(JOB, id=18, destination=node, study_uid=study_uid, priority=priority or 0)
        self.memory.jobs.append(job)
        return job

    async def import_path(self, path: Path) -> AsyncGenerator[ImportProgress, None]:
        if self.memory.failure is not None:
            raise self.memory.failure
        try:
            yield ImportProgress(1, 1, 0, 0, 0, 512, str(path / "a.dcm"))
            yield ImportProgress(2, 1, 0, 0, 1, 512, str(path / "b.dcm"), "cut \x1b[31m short")
            at = str(path) if self.memory.broken_off else ""
            yield ImportProgress(2, 1, 0, 0, 1, 512, at, self.memory.broken_off, done=True)
        except GeneratorExit:
            self.memory.closed = True
            raise


@dataclass
class Nodes:
    memory: Memory

    async def listed(self) -> list[Node]:
        return list(self.memory.nodes.values())

    async def add(self, form: NodeForm) -> Node:
        if form.name in self.memory.nodes:
            raise NameTaken(f"there is a node {form.name} already")
        made = Node(
            name=form.name,
            ae_title=form.ae_title,
            host=form.host,
            port=form.port,
            calling_ae_title=form.calling_ae_title,
            transfer_syntaxes=form.transfer_syntaxes,
            max_associations=form.max_associations,
            bandwidth=form.bandwidth,
            window=form.window,
            paused=False,
            tls=form.tls,
            services=form.services,
            url=form.url,
            has_token=bool(form.token),
            max_incoming=form.max_incoming,
            incoming_rate=form.incoming_rate,
        )
        return self.memory.nodes.setdefault(form.name, made)

    async def change(self, name: str, changes: NodeChanges) -> Node:
        given = {
            one: value
            for one in NodeChanges.__slots__
            if one != "token" and (value := getattr(changes, one)) is not None
        }
        if changes.token is not None:
            given["has_token"] = bool(changes.token)
        self.memory.nodes[name] = replace(self.memory.node(name), **given)
        return self.memory.nodes[name]

    async def remove(self, name: str) -> None:
        self.memory.node(name)
        if needed := [one.name for one in self.memory.rules.values() if one.to == name]:
            raise BadRequest(f"node {name} is needed by {needed}")
        del self.memory.nodes[name]

    async def echo(self, name: str) -> Echo:
        if self.memory.node(name).port == 104:
            return Echo(ok=True, seconds=0.012, diagnosis="")
        return Echo(ok=False, seconds=5.0, diagnosis="nothing listens there: check the port")

    def examine(self, name: str) -> AsyncGenerator[Step, None]:
        return _steps(self.memory.node(name))

    async def pending(self) -> list[Caller]:
        return self.memory.callers

    async def admit(
        self,
        ae_title: str,
        host: str | None,
        name: str | None,
        services: tuple[str, ...] = (),
    ) -> Caller:
        for caller in self.memory.callers:
            if caller.calling_ae_title == ae_title and host in (None, caller.host):
                self.memory.callers.remove(caller)
                form = NodeForm(name or ae_title, ae_title, caller.host, 104)
                await self.add(replace(form, services=services))
                return caller
        raise UnknownName(f"nobody called {ae_title} waits to be admitted")

    async def associations(self, peer: str | None) -> list[Association]:
        if peer not in (None, "CT1"):
            return []
        told = "the AE title is wrong: set ARCA on the sender"
        return [Association("10.0.0.7", "CT1", "ARC", "in", NOON, 0.1, "rejected", 0, 0, told)]


async def _steps(node: Node) -> AsyncGenerator[Step, None]:
    yield Step("name", True, 0.001, f"{node.host} is 10.0.0.5")
    yield Step("ping", None, 2.0, "no answer")
    there = node.port == 104
    words = "is open" if there else "nothing listens there: check the port"
    yield Step("connection", there, 0.002, words)


@dataclass
class Rules:
    memory: Memory

    async def listed(self) -> list[Rule]:
        return list(self.memory.rules.values())

    async def add(self, form: RuleForm) -> Rule:
        self.memory.node(form.to)
        _check(form.when)
        if form.name in self.memory.rules:
            raise NameTaken(f"there is a rule {form.name} already")
        made = Rule(form.name, form.when, form.to, form.per, form.priority, form.window)
        return self.memory.rules.setdefault(form.name, made)

    async def remove(self, name: str) -> None:
        if self.memory.rules.pop(name, None) is None:
            raise UnknownName(f"there is no rule {name}")

    async def test(self, study_uid: str | None, when: str | None) -> list[Trial]:
        _check(when or "")
        names = [""] if when else list(self.memory.rules)
        known = [one.study_uid for one in self.memory.studies]
        if study_uid not in (None, *known):
            raise UnknownName(f"there is no study {study_uid}")
        studies = [study_uid] if study_uid else known
        return [
            Trial(study, name, "", 0, 1, f"{when or 'rule'} is false")
            for study in studies
            for name in names
        ]


def _check(when: str) -> None:
    if "(" in when:
        raise BadRequest(f"when = {when}: a parenthesis is not closed")


@dataclass
class Queue:
    memory: Memory

    async def jobs(self, destination: str | None, state: str | None) -> list[Job]:
        return [
            job
            for job in self.memory.jobs
            if destination in (None, job.destination) and state in (None, job.state)
        ]

    async def retry(self, job: int | None) -> int:
        found = [one for one in self.memory.jobs if job in (None, one.id)]
        if not found:
            raise UnknownName(f"there is no transfer {job}")
        return len(found)

    async def pause(self, node: str) -> Node:
        self.memory.nodes[node] = replace(self.memory.node(node), paused=True)
        return self.memory.nodes[node]

    async def resume(self, node: str) -> Node:
        self.memory.nodes[node] = replace(self.memory.node(node), paused=False)
        return self.memory.nodes[node]


@dataclass
class Retrieval:
    """A node that has one study of three images, of which it sends two."""

    memory: Memory

    async def find(self, node: str, form: QueryForm) -> list[RemoteStudy]:
        self.memory.node(node)
        if form.patient_id == "nobody":
            return []
        return [RemoteStudy("1.2.3", "P1", "Doe^Jane", "20260228", "A1", "Head", ("CT",), 3, 1)]

    async def retrieve(
        self, node: str, studies: tuple[str, ...], method: str
    ) -> AsyncGenerator[RetrievalStep, None]:
        self.memory.node(node)
        for uid in studies:
            yield RetrievalStep(uid, remaining=2, completed=1)
            if uid == "1.2.3":
                words = "1 of 3 did not come."
                yield RetrievalStep(uid, 0, 2, 1, "partial", 3, 2, ("1.2.3.3",), words)
            else:
                yield RetrievalStep(uid, state="complete", expected=1, here=1)


@dataclass
class Worklist:
    memory: Memory

    async def listed(self, search: str, all_: bool, limit: int | None) -> list[Item]:
        found = [one for one in self.memory.items.values() if search.lower() in str(one).lower()]
        return [one for one in found if all_ or one.state != "COMPLETED"][:limit]

    async def add(self, form: ScheduleForm) -> Item:
        known = form.fields
        if "modality" not in known:
            raise BadRequest("modality '': such as CT or MR")
        number = len(self.memory.items) + 1
        names = (known.get("patient_id", ""), known.get("patient_name", ""))
        which = (known.get("accession_number", ""), "S1", "", "1.2.3", "by hand")
        titles, warnings = form.station_ae_titles, ("odd",) if number == 2 else ()
        made = Item(
            number, "SCHEDULED", form.at, known["modality"], titles, *names, *which, warnings
        )
        return self.memory.items.setdefault(number, made)

    async def show(self, number: int) -> dict[str, Any]:
        self._known(number)
        return {"00100020": {"vr": "LO", "Value": [self.memory.items[number].patient_id]}}

    def _known(self, number: int) -> None:
        if number not in self.memory.items:
            raise UnknownName(f"there is no worklist item {number}")

    async def remove(self, number: int) -> None:
        self._known(number)
        del self.memory.items[number]

    async def import_path(self, path: Path) -> Taken:
        wrong = (f"{path.name}: it is no item",) if self.memory.broken_off else ()
        return Taken(1, 2, 3, 0, wrong)

    async def copy(self, form: CopyForm) -> Taken | Copy:
        self.memory.node(form.node)
        if form.every_seconds is None:
            return Taken(1, 0, 0, 2, ())
        made = Copy(form.node, form.every_seconds, form.days, None, 0, "")
        return self.memory.copies.setdefault(form.node, made)

    async def stop_copying(self, node: str) -> None:
        if self.memory.copies.pop(node, None) is None:
            raise UnknownName(f"the worklist of {node} is not copied")

    async def copies(self) -> list[Copy]:
        return list(self.memory.copies.values())

    async def performed(self, limit: int | None) -> list[Performed]:
        return [Performed("1.2.9", "COMPLETED", "CT1", True, NOON, NOON)][:limit]


@dataclass
class Commitments:
    async def listed(self) -> list[Transaction]:
        return [PROMISED]


@dataclass
class Tokens:
    memory: Memory

    async def listed(self) -> list[Token]:
        return list(self.memory.tokens.values())

    async def add(self, form: TokenForm) -> NewToken:
        if form.name in self.memory.tokens:
            raise NameTaken(f"there is a token {form.name} already")
        if unknown := set(form.may) - {"search", "retrieve", "store"}:
            raise BadRequest(f"{unknown} are no rights")
        made = Token(form.name, tuple(sorted(form.may)), NOON, None)
        return NewToken(self.memory.tokens.setdefault(form.name, made), "arca_" + "x" * 43)

    async def remove(self, name: str) -> None:
        if self.memory.tokens.pop(name, None) is None:
            raise UnknownName(f"there is no token {name}")


def appliance_in_memory(memory: Memory) -> Services:
    return Services(
        Overview(memory),
        Studies(memory),
        Nodes(memory),
        Rules(memory),
        Queue(memory),
        Retrieval(memory),
        Worklist(memory),
        Commitments(),
        Tokens(memory),
        Statement(),
    )


@pytest.fixture
def memory() -> Memory:
    held = Memory()
    held.callers.append(
        Caller(
            *("MR2", "ARCA", "10.0.0.8", 3, NOON, NOON),
            asked_for=("CT Image Storage",),
            reason="'MR2' at 10.0.0.8 is not registered",
        )
    )
    return held


@pytest.fixture
def services(memory: Memory) -> Services:
    return appliance_in_memory(memory)
