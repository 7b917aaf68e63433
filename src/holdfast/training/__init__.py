"""AutoTrain: bring data, name the task, get the best model, pushed and served.

`domain` says what a run is asked for and what it finds, `reading` and `checking` make rows of files and look at them
before anything is computed, `trainers` holds one module per family of tasks, `search` runs their trials within the
budget, `reporting` says what came out, `publishing` brings it to the Hub. None of these needs a server: the command
line and Python use them on a file; a server runs the very same as a job.

Words: a *run* is one spec carried out; a *trial* is one model fitted with one set of parameters; a *rung* is a step of
the ladder from cheap to dear; the *board* is the list of a run's trials; the *sealed test* is the part of the data that
nothing of the search ever sees.
"""
