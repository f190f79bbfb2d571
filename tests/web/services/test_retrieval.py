from web.services.retrieval import RetrievalStep


def test_a_step_without_a_state_is_not_the_last() -> None:
    assert RetrievalStep("1.2.3").state == ""
    assert RetrievalStep("1.2.3").missing == ()
