"""Storage commitments, for people."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from appliance.commitment.service import Commitment
from web.services.commitment import Transaction


@dataclass(frozen=True)
class Commitments:
    """See `web.services.Commitments`."""

    commitment: Commitment

    async def listed(self) -> list[Transaction]:
        return [Transaction(**asdict(one)) for one in await self.commitment.transactions()]
