"""Facts that follow from files: precision, memory, size, training."""

import json
import struct

import pytest

from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.documents import derive_facts
from holdfast.hub.repos.metadata.facets import GIB, memory_level, memory_word, most_weight_bytes, size_class
from holdfast.hub.repos.metadata.files import RepoFile, RepoFiles
from holdfast.hub.repos.metadata.safetensors_header import TensorCount
from holdfast.hub.repos.metadata.training_kinds import TrainingKind, training_kind
from holdfast.hub.repos.metadata.weight_formats import precisions, weight_bytes


def files(**sizes):
    return RepoFiles([RepoFile(path, size) for path, size in sizes.items()], lambda *_: b"")


def named(*pairs):
    return files(**dict(pairs))


@pytest.mark.parametrize(
    ("tags", "relations", "task", "kind"),
    [
        ([], [], "text-generation", TrainingKind.PRETRAINED),
        (["conversational"], [], "text-generation", TrainingKind.INSTRUCTION_TUNED),
        (["conversational", "DPO"], ["finetune"], "text-generation", TrainingKind.RL_TUNED),
        (["generated_from_trainer"], [], "text-classification", TrainingKind.FINE_TUNED),
        ([], ["finetune"], None, TrainingKind.FINE_TUNED),
        ([], ["adapter"], None, TrainingKind.FINE_TUNED),
        (["pretrained", "conversational"], [], None, TrainingKind.PRETRAINED),
        ([], ["quantized"], None, None),
        (["conversational"], ["quantized"], None, TrainingKind.INSTRUCTION_TUNED),
        (["ppo"], [], "reinforcement-learning", None),
    ],
)
def test_the_last_known_step_of_training_counts(tags, relations, task, kind):
    assert training_kind(tags, relations, task, has_weights=True) is kind


def test_what_has_no_weights_is_no_model_yet():
    assert training_kind(["dpo"], [], None, has_weights=False) is None


def test_precision_is_that_of_most_parameters():
    assert precisions(TensorCount({"F32": 10, "BF16": 900}, 910), (), files()) == ("bf16",)
    assert precisions(TensorCount({"I32": 900, "F16": 10}, 910), ("4-bit", "gptq"), files()) == ("4-bit",)
    assert precisions(None, (), files()) == ()


def test_gguf_files_offer_what_their_names_say():
    paths = ["a-Q4_K_M.gguf", "a.Q8_0.gguf", "a-IQ2_XS.gguf", "a-F16.gguf", "mmproj.gguf"]
    assert precisions(None, (), named(*((path, 1) for path in paths))) == ("fp16", "int8", "4-bit", "2-bit")


def test_memory_is_that_of_the_smallest_complete_copy():
    counted = TensorCount({"F32": 100, "BF16": 50, "F4": 2}, 152)
    assert weight_bytes(counted, files()) == 501
    assert weight_bytes(counted, named(("a-Q4_K_M.gguf", 90), ("a-Q8_0.gguf", 200))) == 90
    shards = [("pytorch_model-00001-of-00002.bin", 300), ("pytorch_model-00002-of-00002.bin", 100)]
    assert weight_bytes(None, named(*shards, ("optimizer.bin", 999), ("training_args.bin", 9))) == 400
    parts = [("unet/model.safetensors", 50), ("unet/model.fp16.safetensors", 25), ("vae/model.safetensors", 5)]
    assert weight_bytes(None, named(*parts, ("unet/model.bin", 50))) == 30
    assert weight_bytes(None, files()) is None


def test_levels_leave_room_to_run():
    assert memory_word(memory_level(7 * GIB)) == "16"
    assert memory_word(memory_level(6 * GIB)) == "8"
    assert memory_level(most_weight_bytes(80 * GIB) + 1) is None
    assert memory_word(None) == "more"


def test_sizes_begin_where_the_one_before_ends():
    assert size_class(99_999_999).word == "0-100m"
    assert size_class(100_000_000).word == "100m-1b"
    assert size_class(10**12).word == "100b-more"


def test_a_model_repo_tells_all_of_it():
    card = b"---\nlicense: apache-2.0\nbase_model: a/b\ntags: [sft]\n---\n# x"
    header = json.dumps({"w": {"dtype": "BF16", "shape": [7, 10**9], "data_offsets": [0, 0]}}).encode()
    weights = struct.pack("<Q", len(header)) + header
    contents = {"README.md": card, "model.safetensors": weights}
    listed = [RepoFile(path, len(content)) for path, content in contents.items()]
    facts = derive_facts(RepoType.MODEL, listed, lambda path, start, size: contents[path][start : start + size])
    assert set(facts.facets) == {
        "commercial:yes", "size:3b-9b", "memory:16", "precision:bf16", "training:instruction-tuned",
    }  # fmt: skip
    assert facts.weight_bytes == 14 * 10**9


def test_datasets_and_spaces_tell_of_commercial_use():
    card = b"---\nlicense: cc-by-nc-4.0\n---\n"
    for kind in (RepoType.DATASET, RepoType.SPACE):
        facts = derive_facts(
            kind, [RepoFile("README.md", len(card))], lambda _, start, size: card[start : start + size]
        )
        assert facts.facets == ("commercial:no",)
