"""Stacks from description to account: load, observe, plan, preview, execute.

::

    infra.py -- load_app --> App -- build --> templates      (desired)
    cloud    -- observe --------------------> stacks         (observed)
    plan(desired, observed) ----------------> Plan           (pure, frozen)
    preview(plan) --------------------------> Plan with property changes, by change sets
    execute(plan) --------------------------> events, and a Result

A dry run is a plan that is not executed. :class:`cdinfra.deploy.deployer.Deployer` is
all of it behind one object, and sees to it that no change set stays behind.

What a stack's status means for a plan stands in one table, :mod:`cdinfra.deploy.statuses`.
Everything that waits is driven by one loop, :mod:`cdinfra.deploy.poller`.
"""
