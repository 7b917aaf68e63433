"""The data check: what the columns are, what a run could learn from them, and what is wrong, said plainly.

`check.check_data(frame, spec)` takes the rows as they were read and answers a `result.DataCheck`: the repaired rows,
the task and the columns it needs, and findings in sentences. Nothing is trained here and nothing is split; a hundred
thousand rows of fifty columns take seconds. Importing this package imports nothing; its modules need pandas.
"""
