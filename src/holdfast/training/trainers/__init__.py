"""Trainers: one module per family of tasks, all with the same names, usable with no server.

A module (or folder) of this package has

    TASKS: Mapping[str, TaskPlan]                                    the tasks it trains, with columns and metrics
    prepare(data: TrainingData, spec: TrainingSpec) -> Trainer       its trainer for this very data

and importing it imports no model library: those come with `prepare`. The search does the rest, the same for all:

    trainer = trainers.prepare(data, spec)
    for plan in trainer.plans(board, clock):          # cheap and certain first; sees the board; ends when nothing pays
        outcome = trainer.fit(plan, place, clock)     # in a process of its own, ended at its time or memory limit
    artefact = trainer.finish(board, folder, clock)   # the best one: refit on all rows, calibrated, written to a folder

What `finish` writes is served as it lies there: `inference.tasks.load(artefact.task, folder)` must answer. The sealed
test is judged through that very predictor, so a score is what a user of the model will see.
"""
