"""Worlds to learn in: our own, and those of Gymnasium; and pictures of what happens there.

`worlds.make(name)` gives either kind. Only trainers import the modules below: they need Gymnasium.
"""
