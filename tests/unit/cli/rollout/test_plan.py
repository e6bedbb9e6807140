"""The plan of a rollout, as it is shown before anything is touched."""

from dataclasses import replace
from typing import Any

import click

from cdinfra.cli.render.rollout_plan import rollout_plan_lines, rollout_summary
from cdinfra.rollout.plan import HostPlan
from cdinfra.rollout.strategy import Share, Strategy


def shown(plan: Any) -> list[str]:
    return [click.unstyle(line) for line in rollout_plan_lines(plan)]


def test_many_batches_of_one_shape_stand_in_one_line(scenes: Any) -> None:
    lines = shown(scenes.plan_of(100, batch=10))
    assert [line.partition("  i-")[0] for line in lines[3:6]] == [
        "    canary            1 host, then 5.0 s of watching",
        "    batches 2 to 10   10 hosts each, 5 at a time",
        "    batch 11          9 hosts, 5 at a time",
    ]


def test_hosts_that_run_something_else_are_loud(scenes: Any) -> None:
    plan = scenes.plan_of(3)
    first, *rest = plan.batches
    stray = replace(first, hosts=(HostPlan(instance_id="i-stray", from_release=scenes.NEW),))
    lines = shown(replace(plan, batches=(stray, *rest)))
    assert "    1 host runs web@fefefefefefe, not web@010101010101" in lines


def test_a_first_release_comes_from_nothing(scenes: Any) -> None:
    assert "    from  nothing" in shown(replace(scenes.plan_of(1), from_release=""))


def test_a_group_without_hosts_gets_the_release_for_those_to_come(scenes: Any) -> None:
    assert rollout_summary(scenes.plan_of(0)) == (
        "No host changes: web has none that runs. Hosts to come will run web@fefefefefefe."
    )


def test_how_many_may_fail_is_a_share_of_the_fleet(scenes: Any) -> None:
    strategy = Strategy(max_failures=Share(number=10, is_percent=True))
    plan = replace(scenes.plan_of(40, batch=39), strategy=strategy)
    assert rollout_summary(plan).endswith("at most 19 away at once, 4 may fail.")


def test_foreign_text_in_a_plan_is_harmless(scenes: Any) -> None:
    plan = scenes.plan_of(1)
    image = replace(plan.image, tag="1\x1b[2J")
    lines = shown(replace(plan, image=image, notes=("\x1b[2J",)))
    assert not any("\x1b" in line for line in lines)
