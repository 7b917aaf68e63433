import pytest

from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.tag_kinds import TagKind, tag_kind


@pytest.mark.parametrize(
    ("repo_type", "tag", "kind", "label"),
    [
        (RepoType.MODEL, "license:mit", "license", "mit"),
        (RepoType.MODEL, "base_model:finetune:a/b", "base_model", "finetune:a/b"),
        (RepoType.MODEL, "fill-mask", "pipeline_tag", "fill-mask"),
        (RepoType.MODEL, "transformers", "library", "transformers"),
        (RepoType.MODEL, "safetensors", "library", "safetensors"),
        (RepoType.MODEL, "en", "language", "en"),
        (RepoType.MODEL, "exbert", "other", "exbert"),
        (RepoType.MODEL, "task_ids:x", "other", "task_ids:x"),
        (RepoType.MODEL, "license:", "other", "license:"),
        (RepoType.DATASET, "language:en", "language", "en"),
        (RepoType.DATASET, "size_categories:n<1K", "size_categories", "n<1K"),
        (RepoType.DATASET, "en", "other", "en"),
        (RepoType.SPACE, "gradio", "sdk", "gradio"),
        (RepoType.SPACE, "fun", "other", "fun"),
    ],
)
def test_groups(repo_type, tag, kind, label):
    assert tag_kind(repo_type, tag, ("en", "de")) == TagKind(kind, label)
