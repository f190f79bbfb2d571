import pytest

from appliance.errors import BadRequest
from web.forms import NodeForm, RuleForm, TrialForm, read

NODE = {"name": "PACS", "ae_title": "PACS", "host": "10.0.0.5", "port": 104}


def test_a_whole_form() -> None:
    body = NODE | {"transfer_syntaxes": ["1.2.840.10008.1.2"], "bandwidth": 500}
    form = read(NodeForm, body)
    assert (form.transfer_syntaxes, form.bandwidth) == (("1.2.840.10008.1.2",), 500)
    assert read(NodeForm, NODE | {"bandwidth": None}).bandwidth is None
    assert read(TrialForm, {}) == TrialForm()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "a JSON object"),
        (None, "a JSON object"),
        ({k: v for k, v in NODE.items() if k != "port"}, "port is missing"),
        (NODE | {"prot": 1}, "prot is not a field"),
        (NODE | {"port": "104"}, "port = '104' must be a whole number"),
        (NODE | {"port": True}, "port = True must be a whole number"),
        (NODE | {"port": 104.0}, "port = 104.0 must be a whole number"),
        (NODE | {"tsl": True}, "tsl is not a field here"),
        (NODE | {"tls": 1}, "tls = 1 must be true or false"),
        (NODE | {"services": "store"}, "services = 'store' must be a list"),
        (NODE | {"name": None}, "name = None must be text"),
        (NODE | {"bandwidth": "1"}, "bandwidth = '1' must be a whole number or nothing"),
        (NODE | {"transfer_syntaxes": "1.2"}, "transfer_syntaxes = '1.2' must be a list"),
        (NODE | {"transfer_syntaxes": [1]}, "transfer_syntaxes = 1 must be text"),
    ],
)
def test_what_is_wrong_is_named(body: object, words: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read(NodeForm, body)
    assert words in str(caught.value)


def test_a_choice() -> None:
    rule = {"name": "all", "when": "true", "to": "PACS"}
    assert read(RuleForm, rule | {"per": "study"}).per == "study"
    with pytest.raises(BadRequest, match='per = \'series\' must be "instance" or "study"'):
        read(RuleForm, rule | {"per": "series"})
    with pytest.raises(BadRequest, match=r"per = \[\]"):
        read(RuleForm, rule | {"per": []})
