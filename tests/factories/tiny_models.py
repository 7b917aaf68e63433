"""Tiny checkpoints of every kind of model, built from a config and saved to a folder. Needs torch and transformers."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
import transformers
from PIL import Image
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

WORDS = (
    "the a an of to and in is was i you it we they he she love hate like this that movie film great bad good awful "
    "not very how what where who when paris berlin london france germany lives works for my name sarah john city "
    "capital answer question many stars red green blue cat dog sat on mat big small one two three zero . , ! ? - '"
)
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"

torch.set_num_threads(1)
transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()


def word_tokenizer(folder: Path, **options: Any) -> Any:
    """A WordPiece tokenizer of some eighty words and all letters, in the manner of BERT; texts of 64 tokens."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = [*special, *WORDS.split(), *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    vocabulary = {word: index for index, word in enumerate(dict.fromkeys(words))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = transformers.BertTokenizerFast(tokenizer_object=tokenizer, **{"model_max_length": 64, **options})
    fast.save_pretrained(folder)
    return fast


SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}


def bert(folder: Path, head: str = "AutoModelForSequenceClassification", **options: Any) -> Path:
    """A BERT of two layers with some head."""
    tokenizer = word_tokenizer(folder)
    places = {"vocab_size": len(tokenizer), "max_position_embeddings": 64, "initializer_range": 0.5}
    save(getattr(transformers, head), transformers.BertConfig(**SHAPE, **places, **options), folder)
    return folder


def sentence_encoder(folder: Path, pooling: str | None = "pooling_mode_mean_tokens") -> Path:
    """A BERT as sentence-transformers saves it: pooled and normalized, with a prompt."""
    bert(folder, "AutoModel")
    kinds = {"": "Transformer", "1_Pooling": "Pooling", "2_Normalize": "Normalize"}
    modules = [
        {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for index, (path, kind) in enumerate(kinds.items())
    ]
    _write(folder / "modules.json", modules)
    _write(folder / "1_Pooling" / "config.json", {pooling: True, "word_embedding_dimension": 32})
    _write(folder / "sentence_bert_config.json", {"max_seq_length": 16})
    _write(folder / "config_sentence_transformers.json", {"prompts": {"query": "question: "}})
    return folder


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value))


def save(auto_class: Any, config: Any, folder: Path, seed: int = 0) -> None:
    """A model with reproducible random weights, in a folder."""
    torch.manual_seed(seed)
    auto_class.from_config(config).save_pretrained(folder)


CHAT_TEMPLATE = (
    "{% for tool in tools or [] %}tool {{ tool['function']['name'] }} . {% endfor %}"
    "{% for message in messages %}{{ message['role'] }} : {{ message['content'] }} [SEP] {% endfor %}"
    "{% if add_generation_prompt %}assistant : {% endif %}"
)


def byte_tokenizer(folder: Path, **options: Any) -> Any:
    """A byte-level BPE tokenizer without merges, in the manner of GPT-2: any text, one token per byte."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<s>", "</s>", "<pad>"]
    vocabulary = {token: index for index, token in enumerate([*special, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", **options
    )
    fast.save_pretrained(folder)
    return fast


def gpt2(folder: Path, **options: Any) -> Path:
    """A GPT-2 of two layers; 128 positions, a chat template."""
    tokenizer = byte_tokenizer(folder, chat_template=CHAT_TEMPLATE)
    sizes = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128, "initializer_range": 0.4}
    tokens = {"vocab_size": len(tokenizer), "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}
    config = transformers.GPT2Config(**sizes, **tokens, **options)
    save(transformers.AutoModelForCausalLM, config, folder)
    return folder


def t5(folder: Path, **options: Any) -> Path:
    """A T5 of two layers, with prefixes for its tasks."""
    tokenizer = byte_tokenizer(folder)
    sizes = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 2, "num_heads": 2, "initializer_factor": 2.0}
    tokens = {"vocab_size": len(tokenizer), "decoder_start_token_id": 2, "eos_token_id": 1, "pad_token_id": 2}
    save(transformers.AutoModelForSeq2SeqLM, transformers.T5Config(**sizes, **tokens, **options), folder)
    config = json.loads((folder / "config.json").read_text())
    prefixes = {
        "translation_en_to_fr": {"prefix": "en to fr: "},
        "summarization": {"prefix": "sum: ", "max_length": 12},
    }
    _write(folder / "config.json", config | {"task_specific_params": prefixes})
    return folder


def bart(folder: Path, **options: Any) -> Path:
    """A BART of two layers that searches with two beams; 64 positions."""
    tokenizer = byte_tokenizer(folder)
    sizes = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "max_position_embeddings": 64, "init_std": 0.4}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
    ends = {"bos_token_id": 0, "eos_token_id": 1, "forced_eos_token_id": 1, "decoder_start_token_id": 1}
    tokens = {"vocab_size": len(tokenizer), "pad_token_id": 2, **ends}
    save(transformers.AutoModelForSeq2SeqLM, transformers.BartConfig(**sizes, **heads, **tokens, **options), folder)
    _write(folder / "generation_config.json", {"num_beams": 2, "max_length": 20, "pad_token_id": 2, **ends})
    return folder


VISION = {**SHAPE, "image_size": 32, "patch_size": 8, "initializer_range": 0.5}
IMAGE_SIZE = {"height": 32, "width": 32}


def vit(folder: Path, head: str = "AutoModelForImageClassification", **options: Any) -> Path:
    """A vision transformer for pictures of 32 × 32."""
    save(getattr(transformers, head), transformers.ViTConfig(**VISION, **options), folder)
    transformers.ViTImageProcessorPil(size=IMAGE_SIZE).save_pretrained(folder)
    return folder


def clip(folder: Path) -> Path:
    """A CLIP that reads the words of `word_tokenizer`."""
    tokenizer = word_tokenizer(folder)
    ends = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
    text = {**SHAPE, "vocab_size": len(tokenizer), "max_position_embeddings": 64, **ends}
    config = transformers.CLIPConfig(text_config=text, vision_config=VISION, projection_dim=16)
    save(transformers.AutoModelForZeroShotImageClassification, config, folder)
    transformers.CLIPImageProcessorPil(size=IMAGE_SIZE, crop_size=IMAGE_SIZE).save_pretrained(folder)
    return folder


def yolos(folder: Path) -> Path:
    """A detector of three kinds of things."""
    options = {**VISION, "image_size": [32, 32], "num_detection_tokens": 5, "num_labels": 3}
    save(transformers.AutoModelForObjectDetection, transformers.YolosConfig(**options), folder)
    transformers.YolosImageProcessorPil(size=IMAGE_SIZE, do_pad=False).save_pretrained(folder)
    return folder


def segformer(folder: Path) -> Path:
    """A semantic segmenter of four kinds."""
    sizes = {"hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1], "num_attention_heads": [1, 1, 2, 2]}
    config = transformers.SegformerConfig(**sizes, decoder_hidden_size=16, num_labels=4, initializer_range=0.5)
    save(transformers.AutoModelForSemanticSegmentation, config, folder)
    transformers.SegformerImageProcessorPil(size=IMAGE_SIZE).save_pretrained(folder)
    return folder


def maskformer(folder: Path) -> Path:
    """A panoptic segmenter of four kinds."""
    backbone = {"depths": [1, 1, 1, 1], "num_heads": [1, 1, 2, 2], "embed_dim": 16, "window_size": 4, "image_size": 64}
    swin = transformers.SwinConfig(**backbone, out_features=["stage1", "stage2", "stage3", "stage4"])
    detr = transformers.DetrConfig(
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        num_queries=4,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
    )
    config = transformers.MaskFormerConfig(
        backbone_config=swin, decoder_config=detr, num_labels=4, fpn_feature_size=32, mask_feature_size=32
    )
    save(transformers.AutoModelForInstanceSegmentation, config, folder)
    transformers.MaskFormerImageProcessorPil(size={"height": 64, "width": 64}, ignore_index=255).save_pretrained(folder)
    return folder


def picture(width: int = 48, height: int = 40, kind: str = "PNG") -> bytes:
    """A picture file of coloured noise, always the same."""
    pixels = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def blip(folder: Path, head: str = "AutoModelForImageTextToText") -> Path:
    """A BLIP that describes pictures, or answers questions about them."""
    tokenizer = word_tokenizer(folder)
    ends = {"bos_token_id": 2, "eos_token_id": 3, "sep_token_id": 3, "pad_token_id": 0}
    text = {**SHAPE, "vocab_size": len(tokenizer), "encoder_hidden_size": 32, "initializer_range": 0.5, **ends}
    config = transformers.BlipConfig(
        text_config=text, vision_config=VISION, projection_dim=16, image_text_hidden_size=16
    )
    save(getattr(transformers, head), config, folder)
    transformers.BlipImageProcessorPil(size=IMAGE_SIZE).save_pretrained(folder)
    return folder


def vit_gpt2(folder: Path) -> Path:
    """An encoder of pictures with a decoder of text."""
    tokenizer = byte_tokenizer(folder)
    tokens = {"vocab_size": len(tokenizer), "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}
    decoder = transformers.GPT2Config(
        n_embd=32, n_layer=2, n_head=2, add_cross_attention=True, is_decoder=True, **tokens
    )
    config = transformers.VisionEncoderDecoderConfig.from_encoder_decoder_configs(
        transformers.ViTConfig(**VISION), decoder, decoder_start_token_id=0, pad_token_id=2, eos_token_id=1
    )
    save(transformers.AutoModelForImageTextToText, config, folder)
    transformers.ViTImageProcessorPil(size=IMAGE_SIZE).save_pretrained(folder)
    return folder


def donut(folder: Path) -> Path:
    """A Donut: an encoder of pages with a decoder that is asked by its first tokens."""
    tokenizer = byte_tokenizer(folder)
    tags = ["<s_docvqa>", "<s_question>", "</s_question>", "<s_answer>", "</s_answer>"]
    tokenizer.add_special_tokens({"additional_special_tokens": tags})
    tokenizer.save_pretrained(folder)
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2, "decoder_start_token_id": 0}
    sizes = {"d_model": 16, "decoder_layers": 2, "decoder_attention_heads": 2, "decoder_ffn_dim": 32, "init_std": 0.4}
    decoder = transformers.MBartConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=128,
        add_cross_attention=True,
        is_decoder=True,
        **sizes,
        **ends,
    )
    page = {"image_size": [32, 32], "patch_size": 4, "embed_dim": 8, "depths": [1, 1], "num_heads": [1, 2]}
    encoder = transformers.DonutSwinConfig(**page, window_size=4)
    config = transformers.VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder, **ends)
    save(transformers.AutoModelForImageTextToText, config, folder)
    transformers.DonutImageProcessorPil(size=IMAGE_SIZE).save_pretrained(folder)
    return folder


def vilt(folder: Path) -> Path:
    """A ViLT that knows three answers."""
    tokenizer = word_tokenizer(folder)
    sizes = {**VISION, "vocab_size": len(tokenizer), "max_position_embeddings": 64}
    config = transformers.ViltConfig(**sizes, id2label={0: "yes", 1: "no", 2: "two"})
    save(transformers.AutoModelForVisualQuestionAnswering, config, folder)
    transformers.ViltImageProcessorPil(size={"shortest_edge": 32}, size_divisor=8).save_pretrained(folder)
    return folder


def llava(folder: Path) -> Path:
    """A LLaVA: a language model that sees pictures of 32 × 32 as 16 tokens."""
    template = (
        "{% for message in messages %}{{ message['role'] }} : {% for part in message['content'] %}"
        "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}\n{% endfor %}"
    )
    tokenizer = byte_tokenizer(folder)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    text = {**SHAPE, "vocab_size": len(tokenizer), "num_key_value_heads": 2, "max_position_embeddings": 256}
    tokens = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}
    config = transformers.LlavaConfig(
        text_config=transformers.LlamaConfig(**text, **tokens),
        vision_config=transformers.CLIPVisionConfig(**VISION),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
    )
    save(transformers.AutoModelForImageTextToText, config, folder)
    images = transformers.CLIPImageProcessorPil(size=IMAGE_SIZE, crop_size=IMAGE_SIZE)
    transformers.LlavaProcessor(
        images,
        tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        chat_template=template,
        num_additional_image_tokens=1,
    ).save_pretrained(folder)
    return folder


def layoutlm(folder: Path) -> Path:
    """A LayoutLM that points at words of a page."""
    tokenizer = word_tokenizer(folder)
    sizes = {**SHAPE, "vocab_size": len(tokenizer), "max_position_embeddings": 64, "initializer_range": 0.5}
    save(transformers.AutoModelForDocumentQuestionAnswering, transformers.LayoutLMConfig(**sizes), folder)
    return folder


def layoutlmv3(folder: Path) -> Path:
    """A LayoutLMv3 that points at words of a page it also sees."""
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    words = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    vocabulary = {word: index for index, word in enumerate(words)}
    transformers.LayoutLMv3TokenizerFast(vocab=vocabulary, merges=[], model_max_length=128).save_pretrained(folder)
    tokens = {"vocab_size": len(words), "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
    page = {"coordinate_size": 5, "shape_size": 6, "input_size": 32, "patch_size": 8}
    config = transformers.LayoutLMv3Config(
        **SHAPE, **tokens, **page, max_position_embeddings=130, initializer_range=0.5
    )
    save(transformers.AutoModelForDocumentQuestionAnswering, config, folder)
    transformers.LayoutLMv3ImageProcessorPil(size=IMAGE_SIZE).save_pretrained(folder)
    return folder


def tapas(folder: Path, **options: Any) -> Path:
    """A TAPAS that may sum, average or count."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[EMPTY]"]
    words = dict.fromkeys([*special, *WORDS.split(), *LETTERS, *(f"##{letter}" for letter in LETTERS)])
    (folder / "vocab.txt").write_text("\n".join(words))
    transformers.TapasTokenizer(folder / "vocab.txt", model_max_length=128).save_pretrained(folder)
    labels = {0: "NONE", 1: "SUM", 2: "AVERAGE", 3: "COUNT"}
    sizes = {**SHAPE, "vocab_size": len(words), "max_position_embeddings": 128, "initializer_range": 0.5}
    aggregation = {"num_aggregation_labels": 4, "aggregation_labels": labels, "no_aggregation_label_index": 0}
    config = transformers.TapasConfig(**sizes, **aggregation, type_vocab_sizes=[3, 32, 32, 2, 32, 10, 10], **options)
    # With this seed it points at some cells, which most random ones do not.
    save(transformers.AutoModelForTableQuestionAnswering, config, folder, seed=9)
    return folder


def whisper(folder: Path) -> Path:
    """A Whisper of two layers that hears 30 seconds as 80 × 3000 numbers."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|translate|>", "<|transcribe|>"]
    special += ["<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    times = [f"<|{step * 0.02:.2f}|>" for step in range(1501)]
    vocabulary = {token: index for index, token in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    ends = dict.fromkeys(("bos_token", "eos_token", "unk_token", "pad_token"), "<|endoftext|>")
    fast = transformers.WhisperTokenizerFast(tokenizer_object=tokenizer, **ends)
    fast.add_special_tokens({"additional_special_tokens": special[1:]})
    fast.add_tokens(times)
    fast.save_pretrained(folder)
    ids = {token: fast.convert_tokens_to_ids(token) for token in special}
    sizes = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "init_std": 0.4, "max_target_positions": 48}
    end = ids["<|endoftext|>"]
    tokens = {"vocab_size": len(fast), "bos_token_id": end, "eos_token_id": end, "pad_token_id": end}
    start = ids["<|startoftranscript|>"]
    config = transformers.WhisperConfig(**sizes, **heads, **tokens, decoder_start_token_id=start)
    save(transformers.AutoModelForSpeechSeq2Seq, config, folder)
    generation = transformers.GenerationConfig(
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=start,
        max_length=24,
        is_multilingual=True,
        lang_to_id={"<|en|>": ids["<|en|>"], "<|de|>": ids["<|de|>"]},
        return_timestamps=False,
        task_to_id={"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]},
        no_timestamps_token_id=ids["<|notimestamps|>"],
        max_initial_timestamp_index=50,
        prev_sot_token_id=ids["<|startofprev|>"],
        suppress_tokens=[],
        begin_suppress_tokens=[],
    )
    generation.save_pretrained(folder)
    transformers.WhisperFeatureExtractor().save_pretrained(folder)
    return folder


def wav2vec2(folder: Path, head: str = "AutoModelForCTC", **options: Any) -> Path:
    """A wav2vec 2 that spells, or classifies."""
    letters = ["<pad>", "<s>", "</s>", "<unk>", "|", *"abcdefgh"]
    _write(folder / "vocab.json", {letter: index for index, letter in enumerate(letters)})
    transformers.Wav2Vec2CTCTokenizer(folder / "vocab.json").save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor().save_pretrained(folder)
    layers = {"conv_dim": (8, 8), "conv_stride": (5, 2), "conv_kernel": (10, 3), "num_feat_extract_layers": 2}
    sound = {"num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2, "initializer_range": 0.5}
    config = transformers.Wav2Vec2Config(vocab_size=len(letters), **SHAPE, **layers, **sound, **options)
    save(getattr(transformers, head), config, folder)
    return folder


def vits(folder: Path) -> Path:
    """A VITS that says letters."""
    letters = {letter: index for index, letter in enumerate("_ abcdefghijklmnopqrstuvwxyz")}
    _write(folder / "vocab.json", letters)
    transformers.VitsTokenizer(folder / "vocab.json", phonemize=False, is_uroman=False, pad_token="_").save_pretrained(
        folder
    )
    flow = {
        "flow_size": 16,
        "spectrogram_bins": 17,
        "prior_encoder_num_flows": 1,
        "posterior_encoder_num_wavenet_layers": 2,
    }
    sizes = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "ffn_dim": 16,
        "duration_predictor_num_flows": 1,
    }
    up = {"upsample_initial_channel": 16, "upsample_rates": [4, 4], "upsample_kernel_sizes": [8, 8]}
    config = transformers.VitsConfig(
        vocab_size=len(letters), **flow, **sizes, **up, resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1]]
    )
    save(transformers.AutoModelForTextToWaveform, config, folder)
    return folder


def sound(seconds: float = 0.5, rate: int = 16_000, kind: str = "WAV") -> bytes:
    """A sound file of a tone with noise, always the same."""
    times = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(0).normal(0, 0.05, len(times))
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.3 * np.sin(2 * np.pi * 440 * times) + noise, rate, format=kind)
    return buffer.getvalue()


def dpt(folder: Path) -> Path:
    """A DPT that estimates depths of pictures of 32 × 32."""
    sizes = {**SHAPE, "num_hidden_layers": 4, "image_size": 32, "patch_size": 8, "initializer_range": 0.2}
    neck = {"neck_hidden_sizes": [8, 8, 8, 8], "fusion_hidden_size": 8, "backbone_out_indices": [0, 1, 2, 3]}
    config = transformers.DPTConfig(**sizes, **neck, use_auxiliary_head=False)
    save(transformers.AutoModelForDepthEstimation, config, folder)
    transformers.DPTImageProcessorPil(size=IMAGE_SIZE, keep_aspect_ratio=False).save_pretrained(folder)
    return folder


def owlvit(folder: Path) -> Path:
    """An OWL-ViT that looks for the words of `word_tokenizer`."""
    tokenizer = word_tokenizer(folder)
    text = {**SHAPE, "vocab_size": len(tokenizer), "max_position_embeddings": 64, "initializer_range": 0.3}
    config = transformers.OwlViTConfig(
        text_config={**text, "bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0},
        vision_config={**VISION, "initializer_range": 0.3},
        projection_dim=32,
    )
    save(transformers.AutoModelForZeroShotObjectDetection, config, folder)
    transformers.OwlViTImageProcessorPil(size=IMAGE_SIZE, do_center_crop=False).save_pretrained(folder)
    return folder
