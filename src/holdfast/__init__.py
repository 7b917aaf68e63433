"""Holdfast: your own Hugging Face, in one Python program."""

__version__ = "0.1.0"
