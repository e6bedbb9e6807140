"""SSM Run Command of the local cloud: commands that really run on its hosts.

::

    SendCommand -> which instances, which script       targets, documents
                -> an invocation for each instance     ledger
                -> delivered when its host is up       dispatcher
                -> run in the host's container         execution
    ListCommandInvocations, … <- what became of it     views
"""
