"""The words that cards may use: licenses, tasks, libraries, special languages, and the choices of Spaces.

Facts about the Hub, in our own arrangement. It does not know what a card looks like.
Source: the Hub's documentation (repositories-licenses, model-cards, datasets-cards, spaces-config-reference).
"""

from __future__ import annotations

LICENSE_FAMILIES: dict[str, str] = {
    "permissive": (
        "apache-2.0 mit mit-0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear isc bsl-1.0 afl-3.0 artistic-2.0 "
        "ecl-2.0 ms-pl ncsa postgresql unlicense zlib wtfpl ofl-1.1 lppl-1.3c"
    ),
    "copyleft": (
        "gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 lgpl-lr agpl-3.0 gfdl mpl-2.0 epl-1.0 epl-2.0 eupl-1.1 eupl-1.2 "
        "osl-3.0"
    ),
    "creative commons": (
        "cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 "
        "cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0"
    ),
    "data": "c-uda cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 etalab-2.0 odc-by odbl pddl",
    "models": (
        "openrail openrail++ bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 bigcode-openrail-m "
        "deepfloyd-if-license llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 gemma apple-ascl apple-amlr "
        "fair-noncommercial-research-license intel-research h-research grok2-community open-mdw"
    ),
    "none of these": "unknown other",
}
"""License identifiers by family, each family one line of words."""

LICENSES: tuple[str, ...] = tuple(name for names in LICENSE_FAMILIES.values() for name in names.split())
"""Every `license` that a card may name."""

TASKS: dict[str, dict[str, str]] = {
    "Multimodal": {
        "any-to-any": "",
        "audio-text-to-text": "",
        "document-question-answering": "document-question-answering",
        "image-text-to-text": "",
        "image-text-to-image": "",
        "image-text-to-video": "",
        "video-text-to-text": "",
        "visual-document-retrieval": "",
        "visual-question-answering": "visual-question-answering",
    },
    "Computer Vision": {
        "depth-estimation": "",
        "image-classification": "multi-label-image-classification multi-class-image-classification",
        "image-feature-extraction": "",
        "image-segmentation": "instance-segmentation semantic-segmentation panoptic-segmentation",
        "image-to-3d": "",
        "image-to-image": "image-inpainting image-colorization super-resolution",
        "image-to-text": "image-captioning",
        "image-to-video": "",
        "keypoint-detection": "pose-estimation",
        "mask-generation": "",
        "object-detection": "face-detection vehicle-detection",
        "text-to-3d": "",
        "text-to-image": "",
        "text-to-video": "",
        "unconditional-image-generation": "",
        "video-classification": "",
        "video-to-video": "",
        "zero-shot-image-classification": "",
        "zero-shot-object-detection": "",
    },
    "Natural Language Processing": {
        "feature-extraction": "",
        "fill-mask": "slot-filling masked-language-modeling",
        "multiple-choice": "multiple-choice-qa multiple-choice-coreference-resolution",
        "question-answering": "extractive-qa open-domain-qa closed-domain-qa",
        "sentence-similarity": "",
        "summarization": "news-articles-summarization news-articles-headline-generation",
        "table-question-answering": "",
        "table-to-text": "",
        "text-classification": (
            "acceptability-classification entity-linking-classification fact-checking intent-classification "
            "language-identification multi-class-classification multi-label-classification "
            "multi-input-text-classification natural-language-inference semantic-similarity-classification "
            "sentiment-classification topic-classification semantic-similarity-scoring sentiment-scoring "
            "sentiment-analysis hate-speech-detection text-scoring"
        ),
        "text-generation": "dialogue-modeling dialogue-generation conversational language-modeling",
        "text-ranking": "",
        "text-retrieval": ("document-retrieval utterance-retrieval entity-linking-retrieval fact-checking-retrieval"),
        "text2text-generation": (
            "text-simplification explanation-generation abstractive-qa open-domain-abstractive-qa closed-domain-qa "
            "open-book-qa closed-book-qa"
        ),
        "token-classification": (
            "named-entity-recognition part-of-speech parsing lemmatization word-sense-disambiguation "
            "coreference-resolution"
        ),
        "translation": "",
        "zero-shot-classification": "",
    },
    "Audio": {
        "audio-classification": (
            "keyword-spotting speaker-identification audio-intent-classification audio-emotion-recognition "
            "audio-language-identification"
        ),
        "audio-to-audio": "",
        "automatic-speech-recognition": "",
        "text-to-audio": "",
        "text-to-speech": "",
        "voice-activity-detection": "",
    },
    "Tabular": {
        "tabular-classification": "tabular-multi-class-classification tabular-multi-label-classification",
        "tabular-regression": "tabular-single-column-regression",
        "tabular-to-text": "rdf-to-text",
        "time-series-forecasting": "univariate-time-series-forecasting multivariate-time-series-forecasting",
    },
    "Reinforcement Learning": {
        "reinforcement-learning": "",
        "robotics": "grasping task-planning",
    },
    "Other": {"graph-ml": "", "other": ""},
}
"""Modality → task (a model's `pipeline_tag`, a dataset's `task_categories`) → its sub-tasks (`task_ids`)."""

PIPELINE_TAGS: tuple[str, ...] = tuple(task for tasks in TASKS.values() for task in tasks)
TASKS_OF_OURS = ("anomaly-detection", "clustering", "dimensionality-reduction")
"""What AutoTrain makes and Holdfast serves beside: the public list has no word for it."""
TASK_IDS: frozenset[str] = frozenset(
    name for tasks in TASKS.values() for names in tasks.values() for name in names.split()
)
_OLD_TASK_IDS = "other expert-generated multiple-choice-qa dialogue-modeling other-structured-to-text"
KNOWN_TASK_IDS: frozenset[str] = TASK_IDS | frozenset(PIPELINE_TAGS) | frozenset(_OLD_TASK_IDS.split())

MODALITY_OF_TASK: dict[str, str] = {task: modality for modality, tasks in TASKS.items() for task in tasks}

_LIBRARY_WORDS = (
    "adapter-transformers allennlp asteroid bertopic big_vision chronos-forecasting cleanrl colpali diffusers "
    "doctr espnet executorch fairseq fastai fasttext flair gliner hezar keras keras-hub keras-nlp lerobot "
    "lightning mindspore ml-agents mlx mlx-image model2vec monai nemo open_clip paddlenlp paddleocr peft "
    "pyannote-audio pylate pythae relik sae_lens sam2 sample-factory sentence-transformers setfit sklearn skops "
    "spacy span-marker speechbrain stable-audio-tools stable-baselines3 stanza terratorch tf-keras timesfm timm "
    "torchgeo transformers transformers.js ultralytics unity-sentis vllm whisperkit yolov10 yolov5"
)
LIBRARIES: frozenset[str] = frozenset(_LIBRARY_WORDS.split())
"""Names that mean a library when they stand among a card's tags."""

WEIGHT_FORMATS: tuple[str, ...] = (
    "pytorch", "tf", "jax", "rust", "onnx", "safetensors", "gguf", "coreml", "openvino", "tflite", "joblib",
    "paddlepaddle", "keras", "tensorboard",
)  # fmt: skip
"""Tags that tell how weights are stored; `tags-by-type` lists them with the libraries."""

SPECIAL_LANGUAGES: frozenset[str] = frozenset({"code", "multilingual", "multi", "dna", "rna", "protein"})
"""What `language` may hold besides ISO 639-1, -2 and -3 codes."""

SPACE_SDKS: tuple[str, ...] = ("gradio", "streamlit", "docker", "static")
SPACE_COLORS: tuple[str, ...] = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")

DATASET_TAG_FIELDS: tuple[str, ...] = (
    "task_categories", "task_ids", "annotations_creators", "language_creators", "multilinguality", "source_datasets",
    "language", "license", "size_categories",
)  # fmt: skip
"""Fields of a dataset's card that become `field:value` tags, in the order of the tags."""

SIZE_CATEGORIES: tuple[tuple[int, str], ...] = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
    (10_000_000_000, "1B<n<10B"),
    (100_000_000_000, "10B<n<100B"),
    (1_000_000_000_000, "100B<n<1T"),
)
"""Number of examples below which a dataset has the category; above the last it is `n>1T`."""


def size_category(examples: int) -> str:
    """The `size_categories` value of a dataset with that many examples."""
    for limit, name in SIZE_CATEGORIES:
        if examples < limit:
            return name
    return "n>1T"
