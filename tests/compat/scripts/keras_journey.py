"""A Keras BERT out of the same repo: `keras_journey.py REPO_ID`, with HF_ENDPOINT set; prints what it computes.

Keras computes with torch here (KERAS_BACKEND), as TensorFlow would: KerasHub reads config.json, vocab.txt and
model.safetensors of the repo by its own means.
"""

import json
import sys

import keras
import keras_hub
import numpy as np

REPO = f"hf://{sys.argv[1]}"
TOKENS = [[2, 5, 7, 6, 3], [2, 11, 3, 0, 0]]
MASK = [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]

backbone = keras_hub.models.BertBackbone.from_preset(REPO)
inputs = {"token_ids": np.array(TOKENS), "padding_mask": np.array(MASK), "segment_ids": np.zeros_like(TOKENS)}
states = keras.ops.convert_to_numpy(backbone(inputs)["sequence_output"])

# The whole way of a beginner: a classifier with the repo's own tokenizer, trained for a moment.
texts, labels = np.array(["hello model", "another longer sentence"]), np.array([0, 1])
classifier = keras_hub.models.BertTextClassifier.from_preset(REPO, num_classes=2)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
classifier.compile(loss=loss, optimizer=keras.optimizers.Adam(1e-2))
history = classifier.fit(texts, labels, epochs=5, verbose=0)
tokens = classifier.preprocessor.tokenizer("hello model")
print(json.dumps({"states": states.tolist(), "losses": history.history["loss"], "tokens": np.array(tokens).tolist()}))
