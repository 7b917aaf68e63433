"""How models run: checkpoints in folders, where to compute, encoders, generation, media. Knows no task and no request.

torch and transformers are imported inside functions here, and nowhere else in inference.
"""
