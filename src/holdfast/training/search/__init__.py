"""The search: runs a trainer's trials within the budget, each in a process of its own, and keeps a journal of them.

`clock` knows what is left, `isolation` runs one function apart with limits, `journal` remembers ended trials so that a
killed run loses at most the one that was running, `pruning` tells hopeless trials, `loop` puts them together.
"""
