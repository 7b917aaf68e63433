"""For people's own programs: `pipeline()`, which runs a model here or asks a server. Never imports the server.

    from holdfast import pipeline

    classify = pipeline("text-classification", model="org/name")     # downloads the model, runs it here
    classify = pipeline("text-classification", model="./folder")     # a folder
    classify = pipeline("text-classification", model="org/name", endpoint="https://hub.example.org")    # runs there
    classify("I like it")                                            # the same call, the same result

Importing this brings no library of models; they come with the first model that runs here.
"""

from __future__ import annotations

from holdfast.client.pipelines import Pipeline, pipeline

__all__ = ["Pipeline", "pipeline"]
