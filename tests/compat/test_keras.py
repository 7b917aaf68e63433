"""A Keras BERT from the same safetensors: KerasHub, unmodified, reads a repo of Holdfast that transformers wrote."""

import json
from importlib.util import find_spec

import pytest
from huggingface_hub import HfApi

from tests.compat import push_models

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not find_spec("transformers"), reason="the model is written where its library is"),
]
TOKENS = [[2, 5, 7, 6, 3], [2, 11, 3, 0, 0]]
MASK = [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]


@pytest.mark.timeout(1200)  # its environment may have to be made first
def test_keras_reads_what_transformers_wrote(hub, client_of, alice, new_repo, tmp_path):
    import torch  # noqa: PLC0415 - not installed everywhere
    from transformers import AutoModel  # noqa: PLC0415 - not installed everywhere

    push_models.save_encoder(tmp_path / "bert")
    api = HfApi(hub.url, token=alice.token)
    api.create_repo(new_repo)
    api.upload_folder(repo_id=new_repo, folder_path=tmp_path / "bert")

    client = client_of("keras")
    client.variables["KERAS_BACKEND"] = "torch"
    said = json.loads(client.script("keras_journey", new_repo).splitlines()[-1])
    with torch.no_grad():
        ours = AutoModel.from_pretrained(tmp_path / "bert").eval()(torch.tensor(TOKENS), torch.tensor(MASK))
    is_word = torch.tensor(MASK).bool()
    torch.testing.assert_close(
        torch.tensor(said["states"])[is_word], ours.last_hidden_state[is_word], atol=1e-4, rtol=1e-4
    )
    assert said["losses"][-1] < said["losses"][0]
    assert said["tokens"] == [push_models.WORDS.index(word) for word in ("hello", "model")]
