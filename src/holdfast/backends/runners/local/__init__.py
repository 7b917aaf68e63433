"""Runs tasks as processes of this machine.

Each run has a *supervisor*: a small process, in a session of its own, that starts the command, writes its log, watches
its limits, ends it with everything it started, and leaves the terminal record. It outlives the server.

    FOLDER/TASK/work/            the command's folder       FOLDER/TASK/artefacts/
    FOLDER/TASK/told             what the command tells     FOLDER/TASK/{log,events}(.index)
    FOLDER/TASK/runs/NUMBER/     lock      held for as long as the supervisor lives
                                 alive     touched by `renew`
                                 stop      made by `stop`
                                 usage     written now and then
                                 end       the terminal record
"""
