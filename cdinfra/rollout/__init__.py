"""Rolls a release out to the hosts of a deploy group, and back.

The plan is made apart from the doing: :mod:`~cdinfra.rollout.planner` turns what is wanted and
what was seen into frozen batches, :mod:`~cdinfra.rollout.executor` walks them and tells of each
step by an event. The hosts are the truth: what the journal says is what was meant to be done,
and whoever goes on after a crash asks the hosts what became of it.
"""
