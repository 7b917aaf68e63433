"""Fills an instance with something real: a small model and five small data sets, each with its card and licence.

Everything goes in through the same services that clients reach over HTTP. `data/` holds the data sets as they are
published; the model comes from a package, for it is large.
"""
