"""Inference: models of the Hub at work. Push a model, use it: from Python, over HTTP, in the browser.

`domain` says what a task takes and gives, `tasks` holds one file per task, `runtime` loads weights and runs them.
None of these knows repos, HTTP or servers: `holdfast.pipeline()` uses them on a folder, an engine in a worker process.

Words: a *task* is a kind of question (text-classification); a *predictor* is a task with a loaded model; an *item* is
one question made ready for the model; a *row* is one thing that the model sees (a sentence, a pair, an image).
"""
