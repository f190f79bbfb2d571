from __future__ import annotations

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from appliance.network.gate import Gate, Ticket


def _arrive(gate: Gate, host: str, evicted: list[Ticket]) -> Ticket:
    ticket = Ticket(host, lambda: evicted.append(ticket))
    gate.arrive(ticket)
    return ticket


def test_the_oldest_of_a_crowding_peer_makes_room() -> None:
    gate, evicted = Gate(10, 5, 2), list[Ticket]()
    other = _arrive(gate, "b", evicted)
    first, _, _ = (_arrive(gate, "a", evicted) for _ in range(3))
    assert evicted == [first]
    assert other not in evicted


def test_who_asked_is_not_evicted() -> None:
    gate, evicted = Gate(10, 5, 1), list[Ticket]()
    asked = _arrive(gate, "a", evicted)
    assert gate.associate(asked) == ""
    _arrive(gate, "a", evicted)
    assert (evicted, gate.associations) == ([], 1)


def test_with_too_many_in_all_the_peer_with_most_loses_one() -> None:
    gate, evicted = Gate(10, 5, 200), list[Ticket]()
    first, *_ = (_arrive(gate, "crowd", evicted) for _ in range(200))
    for number in range(57):
        _arrive(gate, f"single{number}", evicted)
    assert evicted == [first]


def test_limits_are_named() -> None:
    gate = Gate(2, 1, 5)
    tickets = [_arrive(gate, host, []) for host in ("a", "a", "b", "c")]
    assert gate.associate(tickets[0]) == ""
    assert "with a are open" in gate.associate(tickets[1])
    assert gate.associate(tickets[2]) == ""
    assert "in all" in gate.associate(tickets[3])
    gate.leave(tickets[0])
    assert gate.associate(tickets[1]) == ""


def test_only_so_many_may_linger() -> None:
    gate = Gate(1, 1, 1)
    held = [gate.lingering() for _ in range(65)]
    assert [each.__enter__() for each in held] == [True] * 64 + [False]
    for each in held:
        each.__exit__(None, None, None)
    with gate.lingering() as room:
        assert room


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["come", "ask", "leave"]))))
def test_counts_never_drift(steps: list[tuple[str, str]]) -> None:
    gate, evicted = Gate(4, 2, 3), list[Ticket]()
    open_: dict[str, deque[Ticket]] = {host: deque() for host in "abc"}
    for host, step in steps:
        if step == "come":
            open_[host].append(_arrive(gate, host, evicted))
        elif step == "ask" and open_[host] and open_[host][-1] not in evicted:
            if not open_[host][-1].associated:
                gate.associate(open_[host][-1])
        elif step == "leave" and open_[host]:
            gate.leave(open_[host].popleft())
    associated = [ticket for tickets in open_.values() for ticket in tickets if ticket.associated]
    assert gate.associations == len(associated) <= 4
    for tickets in open_.values():
        for ticket in tickets:
            gate.leave(ticket)
    assert gate.associations == 0


def test_a_node_has_a_limit_of_its_own() -> None:
    gate = Gate(10, 5, 5)
    first, second = (_arrive(gate, "a", []) for _ in range(2))
    assert gate.let_in(first, "CT1", 1) == ""
    assert "1 associations of node CT1 are open" in gate.let_in(second, "CT1", 1)
    assert gate.let_in(second, "CT2", None) == ""
    gate.leave(first)
    gate.leave(second)
    assert gate.let_in(_arrive(gate, "a", []), "CT1", 1) == ""
