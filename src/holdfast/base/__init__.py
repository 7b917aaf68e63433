"""The words of the house: ids, errors, identity, settings, clock.

Imports nothing from the floors above, does no I/O except reading the environment in `settings`.
"""
