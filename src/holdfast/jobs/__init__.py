"""Everything that takes long: a command that runs apart from the server, with a log, progress, retries and an end.

Not here: what the commands do (training, user scripts) and where they execute (`backends.runners`).
Words: a *job* is one row: a *spec* (what to run, with which resources) and a *stage*; an *attempt* is one start of its
command; a *worker* is a process that claims jobs and watches them, under a *lease* that it renews; a *schedule* makes
jobs at the moments that a cron expression names. The row's claim and the runner's terminal record are the truth.
"""
