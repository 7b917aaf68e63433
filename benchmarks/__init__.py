"""Repeatable comparisons: each script measures the Hub beside a peer or a physical limit in one interleaved run.

The figure to trust is CPU seconds of the server's process tree: wall time says more about what else the machine does.
"""
