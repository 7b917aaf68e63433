"""Code to take away: how to use a model or data set from this server with the usual libraries. Pure.

It knows what the repo's facts say, not whether a library is installed anywhere.
Source: the loading functions that each library documents for the Hub; all of them honour HF_ENDPOINT.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from holdfast.base.ids import RepoType
from holdfast.hub.repos.domain import Repo
from holdfast.inference.runtime import architectures

_PYTHON, _SHELL = "python", "shell"


@dataclass(frozen=True)
class Snippet:
    """One way to use a repo. `title` names the program, `language` that of the code; `note` says what else it takes."""

    title: str
    language: str
    code: str
    note: str = ""


@dataclass(frozen=True)
class Using:
    """What snippets are made of.

    Args:
        repo: the model, data set or Space.
        base_url: of this server, without a slash at its end.
        facts: what the repo's files say: see `metadata.info_fields`.
        file: a file of the repo, for programs that fetch one.
    """

    repo: Repo
    base_url: str
    facts: dict[str, Any]
    file: str = "README.md"

    @property
    def id(self) -> str:
        """The repo's id."""
        return str(self.repo.id)

    @property
    def page(self) -> str:
        """The address of its front page."""
        return f"{self.base_url}/{self.repo.type.url_prefix}{self.id}"

    @property
    def needs_login(self) -> bool:
        """Whether files come only with an access token."""
        return self.repo.private or self.repo.gated is not None


def snippets(using: Using) -> tuple[Snippet, ...]:
    """Libraries first, then the programs that take any repo."""
    return (*_libraries(using), _hf(using), _git(using), _curl(using))


def setup(using: Using) -> Snippet:
    """What every library needs to know first: where the Hub is, and who asks."""
    lines = [f"export HF_ENDPOINT={using.base_url}"]
    if using.needs_login:
        lines.append("hf auth login        # an access token of this server")
    return Snippet("First, once per shell", _SHELL, "\n".join(lines))


def push_snippets(using: Using) -> tuple[Snippet, ...]:
    """How to fill an empty repo."""
    type_option = "" if using.repo.type is RepoType.MODEL else f" --repo-type {using.repo.type.value}"
    upload = f"export HF_ENDPOINT={using.base_url}\nhf auth login\nhf upload {using.id} ./my-folder{type_option}"
    push = (
        f"git clone {using.page}\ncd {using.repo.id.name}\n# add files, then\n"
        'git add . && git commit -m "First files" && git push'
    )
    return (
        Snippet("hf", _SHELL, upload),
        Snippet("git", _SHELL, push, "As password, git takes an access token with the right to write."),
    )


def _libraries(using: Using) -> Iterator[Snippet]:
    if using.repo.type is RepoType.DATASET:
        yield Snippet("datasets", _PYTHON, _load_dataset(using))
    if using.repo.type is not RepoType.MODEL:
        return
    library = using.facts.get("library_name")
    if library in _BY_LIBRARY:
        yield Snippet(library, _PYTHON, _BY_LIBRARY[library](using))
    if library != "transformers" and "transformersInfo" in using.facts and library not in ("peft", "diffusers"):
        yield Snippet("transformers", _PYTHON, _transformers(using))
    if "gguf" in using.facts:
        yield Snippet("llama.cpp for Python", _PYTHON, _llama(using))


def _load_dataset(using: Using) -> str:
    configs = _config_names(using.facts)
    first = f', "{configs[0]}"' if len(configs) > 1 else ""
    return f'from datasets import load_dataset\n\ndataset = load_dataset("{using.id}"{first})\nprint(dataset)'


def _config_names(facts: dict[str, Any]) -> list[str]:
    configs = (facts.get("cardData") or {}).get("configs")
    items = configs if isinstance(configs, list) else []
    names = [item.get("config_name") for item in items if isinstance(item, dict)]
    return [name for name in names if isinstance(name, str) and name.replace("-", "_").replace(".", "_").isidentifier()]


def _transformers(using: Using) -> str:
    info = using.facts.get("transformersInfo") or {}
    auto_model = _class_name(info.get("auto_model"), "AutoModel")
    processor = _class_name(info.get("processor"), "AutoTokenizer")
    task = using.facts.get("pipeline_tag")
    trusted = ", trust_remote_code=True" if "custom_class" in info else ""
    if _is_own(using.facts):
        return _own_architecture(using, auto_model)
    parts = []
    if task in _PIPELINES:
        call = '\nprint(pipe([{"role": "user", "content": "Who are you?"}]))' if _is_chat(using) else ""
        parts.append(
            "# The short way\nfrom transformers import pipeline\n\n"
            f'pipe = pipeline("{task}", model="{using.id}"{trusted}){call}'
        )
    name = "tokenizer" if processor == "AutoTokenizer" else "processor"
    parts.append(
        f"# Piece by piece\nfrom transformers import {auto_model}, {processor}\n\n"
        f'{name} = {processor}.from_pretrained("{using.id}"{trusted})\n'
        f'model = {auto_model}.from_pretrained("{using.id}"{trusted})'
    )
    return "\n\n".join(parts)


def _is_own(facts: dict[str, Any]) -> bool:
    config = facts.get("config")
    return isinstance(config, dict) and config.get("model_type") in architectures.model_types()


def _own_architecture(using: Using, auto_model: str) -> str:
    """Of a model whose classes come with Holdfast, and are made known to transformers first."""
    task = using.facts.get("pipeline_tag")
    short = f'# The short way\nfrom holdfast import pipeline\n\npipe = pipeline(model="{using.id}")\n\n' if task else ""
    return (
        f"{short}# Piece by piece\nfrom holdfast.inference.runtime import architectures\n"
        f"from transformers import {auto_model}\n\n"
        "architectures.register()  # its classes come with Holdfast\n"
        f'model = {auto_model}.from_pretrained("{using.id}")'
    )


def _is_chat(using: Using) -> bool:
    return "conversational" in using.facts.get("tags", ()) and using.facts.get("pipeline_tag") == "text-generation"


def _class_name(value: Any, default: str) -> str:
    return value if isinstance(value, str) and value.isidentifier() else default


def _sentence_transformers(using: Using) -> str:
    return (
        f'from sentence_transformers import SentenceTransformer\n\nmodel = SentenceTransformer("{using.id}")\n'
        'embeddings = model.encode(["How old are you?", "What is your age?"])\n'
        "print(model.similarity(embeddings, embeddings))"
    )


def _diffusers(using: Using) -> str:
    return (
        "import torch\nfrom diffusers import DiffusionPipeline\n\n"
        f'pipe = DiffusionPipeline.from_pretrained("{using.id}", torch_dtype=torch.bfloat16)\n'
        'image = pipe("An astronaut riding a horse").images[0]'
    )


def _peft(using: Using) -> str:
    return (
        f'from peft import AutoPeftModel\n\nmodel = AutoPeftModel.from_pretrained("{using.id}")  # with its base model'
    )


def _timm(using: Using) -> str:
    return f'import timm\n\nmodel = timm.create_model("hf-hub:{using.id}", pretrained=True)'


def _open_clip(using: Using) -> str:
    return (
        "import open_clip\n\n"
        f'model, preprocess = open_clip.create_model_from_pretrained("hf-hub:{using.id}")\n'
        f'tokenizer = open_clip.get_tokenizer("hf-hub:{using.id}")'
    )


def _setfit(using: Using) -> str:
    return f'from setfit import SetFitModel\n\nmodel = SetFitModel.from_pretrained("{using.id}")'


def _sklearn(using: Using) -> str:
    return f'from skops.hub_utils import download\n\ndownload("{using.id}", "path_to_folder")'


def _keras(using: Using) -> str:
    return f'import keras\n\nmodel = keras.saving.load_model("hf://{using.id}")'


def _stable_baselines(using: Using) -> str:
    return f'from huggingface_sb3 import load_from_hub\n\ncheckpoint = load_from_hub("{using.id}", "model.zip")'


def _llama(using: Using) -> str:
    return f'from llama_cpp import Llama\n\nmodel = Llama.from_pretrained("{using.id}", filename="*.gguf")'


_BY_LIBRARY: dict[str, Callable[[Using], str]] = {
    "transformers": _transformers,
    "sentence-transformers": _sentence_transformers,
    "diffusers": _diffusers,
    "peft": _peft,
    "timm": _timm,
    "open_clip": _open_clip,
    "setfit": _setfit,
    "sklearn": _sklearn,
    "keras": _keras,
    "stable-baselines3": _stable_baselines,
}

_PIPELINES = frozenset((
    "any-to-any", "audio-classification", "automatic-speech-recognition", "depth-estimation",
    "document-question-answering", "feature-extraction", "fill-mask", "image-classification",
    "image-feature-extraction", "image-segmentation", "image-text-to-text", "keypoint-matching", "mask-generation",
    "object-detection", "table-question-answering", "text-classification", "text-generation", "text-to-audio",
    "token-classification", "video-classification", "zero-shot-audio-classification", "zero-shot-classification",
    "zero-shot-image-classification", "zero-shot-object-detection",
))  # fmt: skip
"""Tasks of `transformers.pipeline`. Source: transformers 5.0 pipelines/__init__.py."""


def _hf(using: Using) -> Snippet:
    type_option = "" if using.repo.type is RepoType.MODEL else f" --repo-type {using.repo.type.value}"
    code = f"hf download {using.id}{type_option} --local-dir {using.repo.id.name}"
    return Snippet("hf", _SHELL, code, "Comes with huggingface_hub: pip install huggingface_hub.")


def _git(using: Using) -> Snippet:
    note = "Large files need git-lfs or git-xet. As password, git takes an access token."
    return Snippet("git", _SHELL, f"git clone {using.page}", note)


def _curl(using: Using) -> Snippet:
    header = ' -H "Authorization: Bearer $HF_TOKEN"' if using.needs_login else ""
    return Snippet("curl", _SHELL, f"curl -L{header} -O {using.page}/resolve/{using.repo.default_branch}/{using.file}")
