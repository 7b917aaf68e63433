"""What trainers of networks have in common: scores, the loop, models to start from, folders that are safe to publish.

It knows no task and no board. torch and transformers are imported inside functions.
"""
