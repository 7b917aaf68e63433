"""The driver that gives every model a process: it can crash, hang or run out of memory, and nobody else notices.

`engine` and `model` live in the server, `serve` and `batching` in the process; `frames` and `errors` are for both.
"""
