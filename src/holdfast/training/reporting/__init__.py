"""What came out of a run: the sealed test, judged through the very predictor that will serve, figures, report, card.

Importing this package imports nothing.
"""
