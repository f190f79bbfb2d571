"""The routing rules: kept, checked, applied at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from appliance import clock
from appliance.archive.model import IndexedInstance, Study
from appliance.database.door import Database
from appliance.errors import BadRequest, NameTaken, UnknownName
from appliance.nodes.model import Node
from appliance.routing import planning, records
from appliance.routing.expression import compile_condition
from appliance.routing.model import Explanation, Rule, checked
from appliance.routing.planning import Compiled, Plan
from appliance.transfers.model import Order

log = logging.getLogger(__name__)

_DRAFT = "draft"


class Routing:
    """Decides where stored objects go.

    The plans are pure and quick and may be asked from any thread: the rules they use are
    one tuple that is replaced as a whole.
    """

    def __init__(
        self,
        database: Database,
        node: Callable[[str], Node | None],
        now: clock.Clock = clock.now,
    ) -> None:
        self._database = database
        self._node = node
        self._now = now
        self._rules: dict[str, Rule] = {}
        self._compiled: tuple[Compiled, ...] = ()
        self._notes: dict[str, str] = {}  # by rule: why it does not work, in words

    async def load(self) -> None:
        """Read the rules; before anything is planned. A rule that no longer compiles rests."""
        self._rules = {rule.name: rule for rule in await self._database.read(records.rules)}
        self._compile()

    def _compile(self) -> None:
        compiled = []
        self._notes = {}
        for rule in self._rules.values():
            try:
                compiled.append(_compiled(rule))
            except BadRequest as error:
                self._notes[rule.name] = str(error)
                log.warning("a routing rule does not compile and is not applied: %s", rule.name)
        self._compiled = tuple(compiled)

    # The rules.

    def list(self) -> list[Rule]:
        """All rules by name."""
        return sorted(self._rules.values(), key=lambda rule: rule.name)

    def note(self, name: str) -> str:
        """Why a rule does not work at present; empty when it does."""
        rule = self._rules.get(name)
        if rule is not None and self._node(rule.to) is None:
            return f"no node is called {rule.to}"
        return self._notes.get(name, "")

    async def add(self, rule: Rule) -> Rule:
        """Add a rule; it applies to what comes from now on. Raises `BadRequest`, `NameTaken`."""
        if rule.name in self._rules:
            raise NameTaken(f"a rule is called {rule.name} already: remove it, or change it")
        return await self._keep(rule)

    async def change(self, rule: Rule) -> Rule:
        """Replace the rule of that name. Raises `BadRequest`, `UnknownName`."""
        self._known(rule.name)
        return await self._keep(rule)

    async def _keep(self, rule: Rule) -> Rule:
        _compiled(checked(rule))
        if self._node(rule.to) is None:
            raise UnknownName(f"no node is called {rule.to}: add it first")
        await self._database.run(records.keep, rule)
        self._rules[rule.name] = rule
        self._compile()
        return rule

    async def remove(self, name: str) -> None:
        """Forget a rule; what it ordered already still goes. Raises `UnknownName`."""
        self._known(name)
        await self._database.run(records.remove, name)
        del self._rules[name]
        self._compile()

    def _known(self, name: str) -> Rule:
        if name not in self._rules:
            known = ", ".join(sorted(self._rules)) or "none yet"
            raise UnknownName(f"no rule is called {name}; there are: {known}")
        return self._rules[name]

    def rules_to(self, node: str) -> Sequence[str]:
        """The names of the rules that send to a node."""
        return sorted(rule.name for rule in self._rules.values() if rule.to == node)

    # What they decide.

    def wants_studies(self) -> bool:
        """Whether any rule waits for complete studies."""
        return any(one.rule.per == "study" and one.rule.enabled for one in self._compiled)

    def plan(self, instances: Sequence[IndexedInstance]) -> Sequence[Order]:
        """The orders for objects that were just stored."""
        local = clock.local(self._now())
        return self._noted(planning.plan_instances(self._active(), instances, self._node, local))

    def plan_study(self, study: Study, instances: Sequence[IndexedInstance]) -> Sequence[Order]:
        """The orders for a study that just became complete."""
        local = clock.local(self._now())
        return self._noted(planning.plan_study(self._active(), study, instances, self._node, local))

    def _active(self) -> Sequence[Compiled]:
        return [one for one in self._compiled if one.rule.enabled]

    def _noted(self, plan: Plan) -> Sequence[Order]:
        for one in plan.trouble:
            self._notes[one.rule] = f"at its last use: {one.words}"
        return plan.orders

    def explain(
        self,
        study: Study,
        instances: Sequence[IndexedInstance],
        *,
        when: str | None = None,
        per: str = "instance",
    ) -> Sequence[Explanation]:
        """A dry run: what every rule, or the draft condition `when`, would do and why."""
        rules = self._compiled
        if when is not None:
            draft = Rule(_DRAFT, when, "", per="study" if per == "study" else "instance")
            return [self._explain_draft(_compiled(draft), study, instances)]
        local = clock.local(self._now())
        found = [planning.explain(one, study, instances, self._node, local) for one in rules]
        broken = [
            Explanation(name, rule.to, 0, len(instances), f"it is not applied: {self.note(name)}")
            for name, rule in self._rules.items()
            if all(one.rule.name != name for one in rules)
        ]
        return sorted(found + broken, key=lambda one: one.rule)

    def _explain_draft(
        self, draft: Compiled, study: Study, instances: Sequence[IndexedInstance]
    ) -> Explanation:
        nowhere = Node("", "", "", 0)
        local = clock.local(self._now())
        return planning.explain(draft, study, instances, lambda _: nowhere, local)


def _compiled(rule: Rule) -> Compiled:
    return Compiled(rule, compile_condition(rule.when, per_study=rule.per == "study"))
