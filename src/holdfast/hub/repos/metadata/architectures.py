"""From a transformers `config.json` to the auto class, task and processor that fit it.

It reads names of classes as transformers builds them (`Bert` + `ForMaskedLM`); it does not import them, and where a
name does not settle the task it says None.
Source: transformers 5 models/auto/modeling_auto.py for names; huggingface_hub 2.4.0 TransformersInfo for the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_TOKENIZER, _IMAGES, _AUDIO, _PROCESSOR = (
    "AutoTokenizer",
    "AutoImageProcessor",
    "AutoFeatureExtractor",
    "AutoProcessor",
)

_HEADS: dict[str, tuple[str | None, str]] = {
    "ForSequenceClassification": ("text-classification", _TOKENIZER),
    "ForTokenClassification": ("token-classification", _TOKENIZER),
    "ForQuestionAnswering": ("question-answering", _TOKENIZER),
    "ForTableQuestionAnswering": ("table-question-answering", _TOKENIZER),
    "ForMaskedLM": ("fill-mask", _TOKENIZER),
    "ForCausalLM": ("text-generation", _TOKENIZER),
    "ForSeq2SeqLM": ("text2text-generation", _TOKENIZER),
    "ForMultipleChoice": ("multiple-choice", _TOKENIZER),
    "ForPreTraining": (None, _TOKENIZER),
    "ForNextSentencePrediction": (None, _TOKENIZER),
    "ForImageClassification": ("image-classification", _IMAGES),
    "ForZeroShotImageClassification": ("zero-shot-image-classification", _PROCESSOR),
    "ForObjectDetection": ("object-detection", _IMAGES),
    "ForZeroShotObjectDetection": ("zero-shot-object-detection", _PROCESSOR),
    "ForImageSegmentation": ("image-segmentation", _IMAGES),
    "ForSemanticSegmentation": ("image-segmentation", _IMAGES),
    "ForInstanceSegmentation": ("image-segmentation", _IMAGES),
    "ForUniversalSegmentation": ("image-segmentation", _IMAGES),
    "ForMaskGeneration": ("mask-generation", _PROCESSOR),
    "ForDepthEstimation": ("depth-estimation", _IMAGES),
    "ForKeypointDetection": ("keypoint-detection", _IMAGES),
    "ForPoseEstimation": ("keypoint-detection", _IMAGES),
    "ForImageToImage": ("image-to-image", _IMAGES),
    "ForMaskedImageModeling": (None, _IMAGES),
    "ForVideoClassification": ("video-classification", _IMAGES),
    "ForVisualQuestionAnswering": ("visual-question-answering", _PROCESSOR),
    "ForDocumentQuestionAnswering": ("document-question-answering", _PROCESSOR),
    "ForImageTextToText": ("image-text-to-text", _PROCESSOR),
    "ForVision2Seq": ("image-to-text", _PROCESSOR),
    "ForCTC": ("automatic-speech-recognition", _PROCESSOR),
    "ForSpeechSeq2Seq": ("automatic-speech-recognition", _PROCESSOR),
    "ForAudioClassification": ("audio-classification", _AUDIO),
    "ForAudioFrameClassification": (None, _AUDIO),
    "ForTextToWaveform": ("text-to-audio", _TOKENIZER),
    "ForTextToSpectrogram": ("text-to-audio", _PROCESSOR),
    "ForTimeSeriesPrediction": ("time-series-forecasting", _PROCESSOR),
}
"""Ending of an auto class → its task and what prepares its inputs. None: no task of the Hub fits."""

_OTHER_NAMES = {
    "LMHeadModel": "ForCausalLM",
    "MTModel": "ForSeq2SeqLM",
    "ForImageClassificationWithTeacher": "ForImageClassification",
    "ForSegmentation": "ForImageSegmentation",
    "ForImageSuperResolution": "ForImageToImage",
    "ForTextToSpeech": "ForTextToSpectrogram",
    "VisionEncoderDecoderModel": "ForVision2Seq",
    "SpeechEncoderDecoderModel": "ForSpeechSeq2Seq",
    "EncoderDecoderModel": "ForSeq2SeqLM",
    "WithLMHeadModel": "ForMaskedLM",
    "ForPrediction": "ForTimeSeriesPrediction",
}
_WHOLE_NAMES = {
    **dict.fromkeys(
        ("CLIPModel", "SiglipModel", "Siglip2Model", "AltCLIPModel", "AlignModel", "ChineseCLIPModel"),
        "ForZeroShotImageClassification",
    ),
    **dict.fromkeys(("SamModel", "Sam2Model", "SamHQModel"), "ForMaskGeneration"),
    "VitsModel": "ForTextToWaveform",
    "BarkModel": "ForTextToWaveform",
    "ViltForQuestionAnswering": "ForVisualQuestionAnswering",
    "TapasForQuestionAnswering": "ForTableQuestionAnswering",
    "OwlViTForObjectDetection": "ForZeroShotObjectDetection",
    "Owlv2ForObjectDetection": "ForZeroShotObjectDetection",
    "GroundingDinoForObjectDetection": "ForZeroShotObjectDetection",
    "T5WithLMHeadModel": "ForSeq2SeqLM",
}
_SEQ2SEQ_TYPES = frozenset((
    "bart", "bigbird_pegasus", "blenderbot", "blenderbot-small", "fsmt", "led", "longt5", "m2m_100", "marian",
    "mbart", "mt5", "mvp", "nllb-moe", "pegasus", "pegasus_x", "plbart", "prophetnet", "switch_transformers",
    "t5", "t5gemma", "umt5", "xlm-prophetnet",
))  # fmt: skip
_SPEECH_TYPES = frozenset((
    "whisper", "speech_to_text", "moonshine", "seamless_m4t", "seamless_m4t_v2",
))  # fmt: skip
_AUDIO_TYPES = frozenset((
    "wav2vec2", "wav2vec2-bert", "wav2vec2-conformer", "hubert", "wavlm", "unispeech", "unispeech-sat", "sew",
    "sew-d", "data2vec-audio",
))  # fmt: skip
_LAYOUT_TYPES = frozenset((
    "layoutlm", "layoutlmv2", "layoutlmv3", "lilt",
))  # fmt: skip
_VISION_TYPES = frozenset((
    "vit", "vit_mae", "dinov2", "dinov2_with_registers", "dinov3_vit", "dinov3_convnext", "convnext",
    "convnextv2", "swin", "swinv2", "beit", "deit", "resnet", "regnet", "clip_vision_model",
    "siglip_vision_model", "ijepa",
))  # fmt: skip


@dataclass(frozen=True)
class TransformersInfo:
    """How transformers loads the model; `custom_class` is `file.Class` in the repo when it brings its own code."""

    auto_model: str
    pipeline_tag: str | None = None
    processor: str | None = None
    custom_class: str | None = None

    def as_info(self) -> dict[str, str]:
        """The Hub API's `transformersInfo` field, without what is unknown."""
        fields = {
            "auto_model": self.auto_model,
            "custom_class": self.custom_class,
            "pipeline_tag": self.pipeline_tag,
            "processor": self.processor,
        }
        return {name: value for name, value in fields.items() if value is not None}


def transformers_info(config: dict[str, Any]) -> TransformersInfo | None:
    """Judge a `config.json`; None if it does not name a class that says how to load it."""
    architectures = config.get("architectures")
    name = architectures[0] if isinstance(architectures, list) and architectures else None
    custom = _custom_model(config, name)
    if custom:
        return custom
    if not isinstance(name, str):
        return None
    name = name.removeprefix("TF").removeprefix("Flax")
    head = _head(name, config)
    if head is None:
        return _headless(name, str(config.get("model_type")))
    pipeline_tag, processor = _HEADS[head]
    return TransformersInfo(f"AutoModel{head}", pipeline_tag, processor)


def _custom_model(config: dict[str, Any], name: Any) -> TransformersInfo | None:
    auto_map = config.get("auto_map")
    if not isinstance(auto_map, dict):
        return None
    models = {auto: target for auto, target in auto_map.items() if auto.startswith("AutoModel")}
    for auto, target in sorted(models.items(), key=lambda item: not str(item[1]).endswith(f".{name}")):
        if isinstance(target, str):
            pipeline_tag, processor = _HEADS.get(auto.removeprefix("AutoModel"), (None, None))
            return TransformersInfo(auto, pipeline_tag, processor, target)
    return None


def _head(name: str, config: dict[str, Any]) -> str | None:
    """The ending of the auto class that loads a class of that name."""
    model_type = str(config.get("model_type"))
    if name in _WHOLE_NAMES:
        return _WHOLE_NAMES[name]
    if name.endswith("ForConditionalGeneration"):
        return _generating_head(model_type, config)
    if name.endswith("ForSequenceClassification") and model_type in _AUDIO_TYPES:
        return "ForAudioClassification"
    if name.endswith("ForQuestionAnswering") and model_type in _LAYOUT_TYPES:
        return "ForDocumentQuestionAnswering"
    endings = sorted((ending for ending in (*_HEADS, *_OTHER_NAMES) if name.endswith(ending)), key=len)
    return _OTHER_NAMES.get(endings[-1], endings[-1]) if endings else None


def _generating_head(model_type: str, config: dict[str, Any]) -> str | None:
    """`…ForConditionalGeneration` is translation, speech or sight, depending on the model."""
    if model_type in _SEQ2SEQ_TYPES:
        return "ForSeq2SeqLM"
    if model_type in _SPEECH_TYPES:
        return "ForSpeechSeq2Seq"
    return "ForImageTextToText" if isinstance(config.get("vision_config"), dict) else None


def _headless(name: str, model_type: str) -> TransformersInfo | None:
    if not name.endswith("Model"):
        return None
    if model_type in _VISION_TYPES:
        return TransformersInfo("AutoModel", "image-feature-extraction", _IMAGES)
    if model_type in _AUDIO_TYPES:
        return TransformersInfo("AutoModel", "feature-extraction", _AUDIO)
    return TransformersInfo("AutoModel", "feature-extraction", _TOKENIZER)
