"""What must hold after a crash, whatever kind of crash it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.system.appliance import Appliance
from tests.system.patience import until
from tests.system.peers import StoreScp
from tests.system.sender import Ack

UP_AGAIN = 10.0  # seconds


def assert_nothing_lost(arca: Appliance, acks: Sequence[Ack]) -> None:
    """Each acknowledged data set stands in the store, byte for byte, and in the index."""
    kept = arca.kept()
    lost = {ack.digest for ack in acks} - set(kept)
    assert not lost, f"{len(lost)} of {len(acks)} acknowledged data sets are missing or wrong"
    indexed = arca.settled(sum(kept.values()), within=120)
    promised = Counter({ack.sop_instance_uid: ack.study_uid for ack in acks}.values())
    short = {study: count for study, count in promised.items() if indexed.get(study, 0) < count}
    assert not short, f"the index lacks acknowledged instances of {short}"


def assert_sound(arca: Appliance) -> None:
    """A stopped appliance verifies: `ask` raises where the exit code is not 0."""
    assert arca.stop() == 0
    report = arca.ask("verify", within=600)
    assert [report[key] for key in ("corrupt", "missing", "unlisted")] == [[], [], []]
    assert report["checked"] == len(arca.objects())


def assert_forwarded(arca: Appliance, acks: Sequence[Ack], sink: StoreScp) -> None:
    """A destination that comes back gets everything that was acknowledged meanwhile."""
    arca.ask("queue", "retry", "--all")
    wanted = {ack.digest for ack in acks}
    until(lambda: wanted <= sink.digests(), 60 + len(wanted) / 20, "everything forwarded")
