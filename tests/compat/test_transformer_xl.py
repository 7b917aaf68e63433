"""Checkpoints of Transformer-XL as transformers 4 wrote them: loaded by our own architecture, with the same answers."""

import json
from importlib.util import find_spec

import pytest

from tests.compat.client import Client

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not find_spec("transformers"), reason="models run where their libraries are"),
]


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """Folders of checkpoints, each with the answer of the old library beside it."""

    folder = tmp_path_factory.mktemp("old")
    client = Client.of("transformers-4", folder, endpoint="http://127.0.0.1:9", token="hf_none")
    client.variables["TRUST_REMOTE_CODE"] = "True"  # the old class read a pickle of its vocabulary only then
    client.script("old_transformer_xl", str(folder / "made"))
    return folder / "made"


@pytest.mark.timeout(900)  # its environment may have to be made first
@pytest.mark.parametrize("name", ["as-published", "one-projection", "one-table", "loose"])
def test_old_checkpoints_say_the_same(old, name):
    import torch  # noqa: PLC0415 - not installed everywhere
    from transformers import AutoModelForCausalLM  # noqa: PLC0415 - not installed everywhere

    from holdfast.inference.runtime import architectures  # noqa: PLC0415 - needs them

    architectures.register()
    model, report = AutoModelForCausalLM.from_pretrained(old / name, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    answer = json.loads((old / name / "answer.json").read_text())
    tokens = torch.tensor(answer["tokens"])
    with torch.no_grad():
        first = model.eval()(tokens[:, :5])
        second = model(tokens[:, 5:], past_key_values=first.past_key_values)
    found = torch.cat([first.logits, second.logits], dim=1)
    torch.testing.assert_close(found, torch.tensor(answer["logits"]), atol=1e-4, rtol=1e-4)
