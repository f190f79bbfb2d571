from __future__ import annotations

from appliance.retrieval.fetching import UNCOMPRESSED, USUAL_CLASSES, proposal


def test_few_classes_may_come_compressed_as_they_are_kept() -> None:
    contexts, roles = proposal(["1.2", "1.3", "1.2"])
    assert contexts[:2] == [("1.2", UNCOMPRESSED), ("1.3", UNCOMPRESSED)]
    assert ("1.3", ("1.2.840.10008.1.2.4.70",)) in contexts
    assert [(role.sop_class_uid, role.scu, role.scp) for role in roles] == [
        ("1.2", False, True),
        ("1.3", False, True),
    ]


def test_there_is_room_for_the_question_in_any_case() -> None:
    for classes in (USUAL_CLASSES, [f"1.2.{number}" for number in range(500)]):
        contexts, roles = proposal(classes)
        assert len(contexts) <= 126
        assert len(roles) <= 126
