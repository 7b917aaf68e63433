"""What benchmarks/autotrain.py runs: tables, and one script for each contender, run in its own environment."""
