"""Tasks: one file per task, all with the same two names, usable with no server.

A module of this package has

    SPEC: TaskSpec                                                  what the task takes and gives; no model needed
    load(folder: Path, wish: Wish) -> Predictor                     a model of that task, from a local folder

and importing it imports no model library: torch and transformers come with `load`. So the Hub, which runs without them,
can check requests and describe tasks, and a worker process with them can answer.

    from holdfast.inference import tasks

    tasks.names()                                  # every task, aliases left out
    spec = tasks.spec("sentiment-analysis")        # UnknownTask names those there are; aliases lead to their task
    call = spec.parse_body({"inputs": ["I like it"], "parameters": {"top_k": 1}})    # InvalidInput names the field
    predictor = tasks.load("text-classification", folder, device="auto", dtype="auto")
    outputs = predictor.predict_batch(call.inputs, call.parameters)
    spec.answer(outputs, call, over_http=True)     # the shape that clients expect

What an engine does with a predictor (`domain.predictors`):

    item = predictor.prepare(inputs, parameters)   # per request: InvalidInput, TooLarge; cheap, no device
    item.size, item.group                          # batch items of one group while the sum of sizes allows
    predictor.run([item, …])                       # answers in order; on InvalidInput run them one by one
    predictor.stream(item)                         # where spec.streams: an iterator of chunks; closing it cancels

Everything that goes in and out can cross a process boundary: str, numbers, lists, dicts, and bytes for media files
(inputs: images and audio as their file's bytes; outputs: PNG masks, WAV audio). JSON has base64 in their place:
`spec.parse_…` decodes it, `wire_value` encodes it. A folder holds safetensors weights, or skops files for scikit-learn;
pickles are refused (`UnsafeWeights`, with how to convert), and so is a model whose code lies in its repo.
"""

from __future__ import annotations

from holdfast.inference.tasks.registry import ALIASES, carrier, load, names, spec, wire_value

__all__ = ["ALIASES", "carrier", "load", "names", "spec", "wire_value"]
