"""Stacks from description to account: load, observe, plan, preview, execute.

::

    infra.py -- load_app --> App -- build --> templates      (desired)
    cloud    -- observe --------------------> stacks         (observed)
    plan(desired, observed) ----------------> Plan           (pure, frozen)
    preview(plan) --------------------------> Plan with property changes, by change sets
    execute(plan) --------------------------> events, and a Result

A dry run is a plan that is not executed.
"""
