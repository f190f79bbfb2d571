"""All the questions together, as the doors get them."""

from __future__ import annotations

from dataclasses import dataclass

from web.services.commitment import Commitments
from web.services.conformance import Conformance
from web.services.nodes import Nodes
from web.services.overview import Overview
from web.services.queue import Queue
from web.services.retrieval import Retrieval
from web.services.rules import Rules
from web.services.studies import Studies
from web.services.tokens import Tokens
from web.services.worklist import Worklist


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the two doors need."""

    overview: Overview
    studies: Studies
    nodes: Nodes
    rules: Rules
    queue: Queue
    retrieval: Retrieval
    worklist: Worklist
    commitments: Commitments
    tokens: Tokens
    conformance: Conformance
