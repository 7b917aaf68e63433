"""What the names and configuration files of a model repo give away: library, weight formats, task.

It reads small JSON files through `RepoFiles`; the card's own word, where there is one, wins elsewhere (`models`).
Source: the files that each library writes with `save_pretrained`, `push_to_hub` or its like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from holdfast.hub.repos.metadata.architectures import TransformersInfo, transformers_info
from holdfast.hub.repos.metadata.files import RepoFiles

MAX_CHAT_TEMPLATE_CHARACTERS = 200_000

_WEIGHTS: tuple[tuple[str, str, str], ...] = (
    ("pytorch", "bin", "(.*/)?(pytorch_model|adapter_model|diffusion_pytorch_model)[^/]*"),
    ("pytorch", "pt", "[^/]*"),
    ("pytorch", "pth", "[^/]*"),
    ("tf", "h5", "tf_model[^/]*"),
    ("jax", "msgpack", "(.*/)?[^/]*flax_model[^/]*"),
    ("rust", "ot", "rust_model.ot"),
    ("onnx", "onnx", ".*"),
    ("safetensors", "safetensors", ".*"),
    ("gguf", "gguf", ".*"),
    ("coreml", "mlmodel", ".*"),
    ("openvino", "xml", "(.*/)?openvino_[^/]*"),
    ("tflite", "tflite", ".*"),
    ("joblib", "joblib", ".*"),
    ("paddlepaddle", "pdparams", ".*"),
    ("keras", "keras", "[^/]*"),
)
"""Tag, suffix of the file, and what its path must look like."""
_WEIGHT_SUFFIXES = frozenset(suffix for _, suffix, _ in _WEIGHTS) | {"nemo"}
_READ_OR_SEEN = frozenset((
    "config.json", "model_index.json", "adapter_config.json", "tokenizer_config.json", "chat_template.jinja",
    "config_setfit.json", "modules.json", "config_sentence_transformers.json", "open_clip_config.json", "meta.json",
    "keras_metadata.pb",
))  # fmt: skip
_TOKENIZER_KEYS = (
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token", "chat_template",
    "use_default_system_prompt",
)  # fmt: skip
_PEFT_TASKS = {
    "CAUSAL_LM": "text-generation",
    "SEQ_2_SEQ_LM": "text2text-generation",
    "SEQ_CLS": "text-classification",
    "TOKEN_CLS": "token-classification",
    "QUESTION_ANS": "question-answering",
    "FEATURE_EXTRACTION": "feature-extraction",
}
_LIBRARY_TASKS = {
    "sentence-transformers": "sentence-similarity",
    "setfit": "text-classification",
    "timm": "image-classification",
    "open_clip": "zero-shot-image-classification",
    **dict.fromkeys(("stable-baselines3", "ml-agents", "sample-factory", "cleanrl"), "reinforcement-learning"),
}
_DIFFUSION_TASKS: tuple[tuple[str, str], ...] = (
    ("ImageToVideo|ImgToVid|StableVideoDiffusion|I2V", "image-to-video"),
    ("VideoToVideo", "video-to-video"),
    ("Video|Wan|LTX|AnimateDiff|Mochi", "text-to-video"),
    ("Audio|Music", "text-to-audio"),
    ("Img2Img|Inpaint|Upscale|InstructPix2Pix|Kontext|ImageEdit|ImageVariation", "image-to-image"),
    ("^(DDPM|DDIM|PNDM|LDM|ScoreSdeVe|KarrasVe|DiT|Consistency)", "unconditional-image-generation"),
    (
        "^(StableDiffusion|Flux|PixArt|Kandinsky|Sana|AuraFlow|HunyuanDiT|Lumina|CogView|QwenImage|Wuerstchen|IF"
        "|Kolors|LatentConsistency|LatentDiffusion|ZImage|Chroma|HiDream)",
        "text-to-image",
    ),
)


@dataclass(frozen=True)
class ModelFiles:
    """`config` is the excerpt that the API shows, `tags` what the files alone say of themselves."""

    library_name: str | None = None
    pipeline_tag: str | None = None
    transformers: TransformersInfo | None = None
    config: dict[str, Any] = field(default_factory=dict)
    mask_token: str | None = None
    weight_tags: tuple[str, ...] = ()
    config_tags: tuple[str, ...] = ()
    is_adapter: bool = False
    is_quantized: bool = False


def inspect_model(files: RepoFiles) -> ModelFiles:
    """Look at a model repo's files. Broken ones count as absent."""
    config = files.json_object("config.json")
    index = files.json_object("model_index.json")
    adapter = files.json_object("adapter_config.json")
    library = _library(files, config, index, adapter)
    info = transformers_info(config) if _word(config.get("model_type")) else None
    tokenizer = _tokenizer_excerpt(files)
    quantization = config.get("quantization_config")
    return ModelFiles(
        library_name=library,
        pipeline_tag=_task(library, info, index, adapter),
        transformers=info,
        config=_excerpt(config, index, adapter, tokenizer),
        mask_token=_token_text(tokenizer.get("mask_token")),
        weight_tags=_weight_tags(files),
        config_tags=_config_tags(config, index, tokenizer),
        is_adapter=bool(adapter),
        is_quantized=isinstance(quantization, dict) or "gguf" in files.by_suffix,
    )


def affects_model(path: str) -> bool:
    """Whether `inspect_model`, or the headers of weights, may see the file at `path`."""
    name = path.rpartition("/")[2]
    suffix = name.rpartition(".")[2].lower()
    return path in _READ_OR_SEEN or suffix in _WEIGHT_SUFFIXES or path.endswith(".index.json") or ".tfevents." in path


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 100 else None


def _weight_tags(files: RepoFiles) -> tuple[str, ...]:
    tags = dict.fromkeys(
        tag
        for tag, suffix, pattern in _WEIGHTS
        if any(re.fullmatch(pattern, path) for path in files.by_suffix.get(suffix, ()))
    )
    has_events = any(".tfevents." in path for path in files.paths)
    return (*tags, "tensorboard") if has_events else tuple(tags)


def _library(files: RepoFiles, config: dict[str, Any], index: dict[str, Any], adapter: dict[str, Any]) -> str | None:
    """The first sign that fits, from the most telling to the least."""
    names = files.root_names
    signs = (
        ("setfit", "config_setfit.json" in names),
        ("sentence-transformers", bool(names & {"modules.json", "config_sentence_transformers.json"})),
        ("diffusers", "_class_name" in index or "_diffusers_version" in config),
        ("peft", "peft_type" in adapter),
        ("adapter-transformers", bool(adapter)),
        ("open_clip", "open_clip_config.json" in names),
        ("timm", "architecture" in config and bool({"pretrained_cfg", "num_features"} & config.keys())),
        ("sklearn", "sklearn" in config),
        ("transformers", _word(config.get("model_type")) is not None),
        ("spacy", "meta.json" in names and "spacy_version" in files.json_object("meta.json")),
        ("nemo", any(name.endswith(".nemo") for name in names)),
        ("keras", any(name.endswith(".keras") for name in names)),
        ("tf-keras", "keras_metadata.pb" in names),
    )
    return next((library for library, is_there in signs if is_there), None)


def _task(
    library: str | None, info: TransformersInfo | None, index: dict[str, Any], adapter: dict[str, Any]
) -> str | None:
    if library in _LIBRARY_TASKS:
        return _LIBRARY_TASKS[library]
    if library == "peft":
        task = adapter.get("task_type")
        return _PEFT_TASKS.get(task) if isinstance(task, str) else None
    if library == "diffusers":
        name = _word(index.get("_class_name")) or ""
        return next((task for pattern, task in _DIFFUSION_TASKS if re.search(pattern, name)), None)
    return info.pipeline_tag if info else None


def task_of_library(library: str | None) -> str | None:
    """The only task that a library is for, if it has one."""
    return _LIBRARY_TASKS.get(library or "")


def _tokenizer_excerpt(files: RepoFiles) -> dict[str, Any]:
    whole = files.json_object("tokenizer_config.json")
    kept = {key: whole[key] for key in _TOKENIZER_KEYS if whole.get(key) is not None}
    template = files.text("chat_template.jinja", MAX_CHAT_TEMPLATE_CHARACTERS)
    if template is not None:
        kept.setdefault("chat_template", template)
    if len(str(kept.get("chat_template", ""))) > MAX_CHAT_TEMPLATE_CHARACTERS:
        del kept["chat_template"]
    return kept


def _token_text(token: Any) -> str | None:
    """A special token is written as a string or as an object with its `content`."""
    return _word(token.get("content") if isinstance(token, dict) else token)


def _excerpt(
    config: dict[str, Any], index: dict[str, Any], adapter: dict[str, Any], tokenizer: dict[str, Any]
) -> dict[str, Any]:
    keys = ("architectures", "model_type", "auto_map", "quantization_config", "sklearn", "architecture")
    excerpt = {key: config[key] for key in keys if key in config}
    if tokenizer:
        excerpt["tokenizer_config"] = tokenizer
    class_name = _word(index.get("_class_name")) or _word(config.get("_class_name"))
    if class_name:
        excerpt["diffusers"] = {"_class_name": class_name}
    peft = {key: adapter[key] for key in ("base_model_name_or_path", "task_type", "peft_type") if key in adapter}
    if peft:
        excerpt["peft"] = peft
    return excerpt


def _config_tags(config: dict[str, Any], index: dict[str, Any], tokenizer: dict[str, Any]) -> tuple[str, ...]:
    tags = []
    if class_name := _word(index.get("_class_name")):
        tags.append(f"diffusers:{class_name}")
    if model_type := _word(config.get("model_type")):
        tags.append(model_type)
    if "chat_template" in tokenizer:
        tags.append("conversational")
    if isinstance(config.get("auto_map"), dict):
        tags.append("custom_code")
    return (*tags, *_quantization_tags(config.get("quantization_config")))


def _quantization_tags(quantization: Any) -> list[str]:
    if not isinstance(quantization, dict):
        return []
    method = _word(quantization.get("quant_method"))
    bits = quantization.get("bits")
    if bits is None:
        bits = next((n for n in (4, 8) if quantization.get(f"load_in_{n}bit") is True), None)
    tags = [f"{bits}-bit"] if type(bits) is int and 0 < bits <= 16 else []
    return [*tags, method] if method else tags
