"""Trainers: one module per family of tasks, all with the same names, usable with no server.

A module (or folder) of this package has

    TASKS: Mapping[str, TaskPlan]                                    the tasks it trains, with columns and metrics
    prepare(data: TrainingData, spec: TrainingSpec) -> Trainer       its trainer for this very data
    judge(data: TrainingData, predictor: Predictor, spec: TrainingSpec) -> Judgement     optional: see below

(`spec.task` and `spec.metric` are always named by then: the run has filled in what was left open) and importing it
imports no model library: those come with `prepare`. The search does the rest, the same for all:

    trainer = trainers.prepare(data, spec)
    for plan in trainer.plans(board, clock):          # cheap and certain first; sees the board; ends when nothing pays
        outcome = trainer.fit(plan, place)            # in a process of its own, ended at its time or memory limit
    artefact = trainer.finish(board, folder, clock)   # the best one: refit on all rows, calibrated, written to a folder

What `finish` writes is served as it lies there: `inference.tasks.load(artefact.task, folder)` must answer. The sealed
test is judged through that very predictor, so a score is what a user of the model will see.

Labels and numbers are judged the same for all (`reporting.judging`): tables, texts and images with a label or a number.
A module whose task answers otherwise (spans, summaries, answers) has `judge`, which asks the predictor about
`data.test` and returns a `domain.judgements.Judgement`; or its `finish` judges itself and returns `scores`.

`fit` and `finish` run in forked children: what they change in the trainer is gone afterwards; what lasts lies in the
folder of the trial (`place.folder`, again `Outcome.kept` for `finish`, which finds it under `Board.folder_of(trial)`).
`plans` runs in the process that lives as long as the run, so it computes little and loads no big model.
"""
