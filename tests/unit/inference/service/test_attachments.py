"""What administrators write about single models."""

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.inference.service.attachments import Exactness


def test_how_exactly_models_compute():
    chosen = Exactness("bfloat16, Alice/Chat=int8 bob/exact=float32")
    assert [chosen.of(name) for name in ("alice/chat", "bob/exact", "eve/m")] == ["int8", "float32", "bfloat16"]
    assert Exactness("alice/chat=int8").of("eve/m") == "auto"
    assert Exactness("").of("eve/m") == "auto"


@pytest.mark.parametrize("words", ["int7", "alice/chat=", "alice/chat=fast"])
def test_what_nobody_can_read(words):
    with pytest.raises(InvalidInput):
        Exactness(words)
