"""The plan of a rollout as text and as JSON: hosts, batches, from and to, and what to know."""

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from cdinfra.cli.render.hosts import DIGEST_DIGITS
from cdinfra.cli.render.rollout_words import runs, short
from cdinfra.cli.render.style import faint, loud, strong
from cdinfra.cli.render.words import count, duration, printable
from cdinfra.deploy.plain import plain
from cdinfra.model import Hook
from cdinfra.rollout.plan import Batch, HostPlan, RolloutPlan

MOST_NAMED = 3
"""Most hosts of a batch that are named; the rest is counted."""

MOST_BATCHES = 6
"""Most batches that have a line each; of more, those that are alike stand in one."""

_LABEL_WIDTH = len("batches 10 to 20")

_Numbered = tuple[int, Batch]


def rollout_plan_lines(plan: RolloutPlan) -> Iterator[str]:
    """Return the plan of a rollout as lines."""
    yield f"{strong(f'~ {plan.purpose}')} {strong(printable(plan.group.stack))}  " + faint(
        printable(plan.group.stack_name)
    )
    tag = f"  ({printable(plan.image.tag)})" if plan.image.tag else ""
    yield f"    from  {_shortened(plan.from_release) or faint('nothing')}"
    yield f"    to    {_shortened(plan.image.release)}{tag}"
    yield from (f"    {text}" for text in (*_steps(plan), *_strays(plan)))
    yield from map(_hook, plan.hooks)
    yield ""
    yield rollout_summary(plan)
    yield from (f"{loud('note:')} {printable(each)}" for each in plan.notes)


def rollout_summary(plan: RolloutPlan) -> str:
    """Return what a rollout does in one line; one without hosts says just that."""
    if not plan.hosts:
        return _nothing(plan)
    strategy = plan.strategy
    at_once = max(each.at_once for each in plan.batches)
    failures = strategy.max_failures.of(len(plan.hosts) + len(plan.current))
    batches = count(len(plan.batches), "batch", "batches")
    away = f"at most {at_once} away at once"
    may_fail = f"{failures or 'none'} may fail"
    return f"Plan: {count(len(plan.hosts), 'host')} in {batches}, {away}, {may_fail}."


def rollout_plan_object(plan: RolloutPlan) -> dict[str, Any]:
    """Return the plan of a rollout as an object."""
    fields: dict[str, Any] = plain(plan)
    return {**fields, "is_empty": not plan.hosts}


def _shortened(release: str) -> str:
    """Return a release with its whole repository, and how the digest begins."""
    repository, separator, digest = printable(release).partition("@sha256:")
    return f"{repository}{separator}{digest[:DIGEST_DIGITS]}"


def _nothing(plan: RolloutPlan) -> str:
    group, release = printable(plan.group.stack), short(plan.image.release)
    if plan.current:
        hosts = count(len(plan.current), "host")
        return f"No host changes: {group} runs {release} on {hosts} already."
    return f"No host changes: {group} has none that runs. Hosts to come will run {release}."


def _steps(plan: RolloutPlan) -> Iterator[str]:
    for members in _alike(plan.batches):
        yield _step(members)
    if plan.current:
        names = _named(plan.current)
        yield f"{'up to date':<{_LABEL_WIDTH}}  {count(len(plan.current), 'host')}{names}"


def _hook(hook: Hook) -> str:
    moment = hook.when.replace("_", " ")
    return f"    {faint(f'runs {moment}:')} {printable(shlex.join(hook.command))}"


def _strays(plan: RolloutPlan) -> Iterator[str]:
    """Return the hosts that run another release than the group's, by what they run."""
    others = Counter(
        each.from_release for each in plan.hosts if each.from_release != plan.from_release
    )
    for release, hosts in others.most_common():
        yield loud(f"{runs(hosts, release)}, not {short(plan.from_release)}")


def _alike(batches: Sequence[Batch]) -> Iterator[Sequence[_Numbered]]:
    """Yield batches; where they are many, neighbours of the same shape together."""
    numbered = list(enumerate(batches, 1))
    if len(numbered) <= MOST_BATCHES:
        yield from ((each,) for each in numbered)
        return
    for _, members in groupby(numbered, key=_shape):
        yield tuple(members)


def _shape(numbered: _Numbered) -> tuple[int, int, bool, int]:
    batch = numbered[1]
    return len(batch.hosts), batch.at_once, batch.is_canary, batch.pause_seconds


def _step(members: Sequence[_Numbered]) -> str:
    (first, batch), (last, _) = members[0], members[-1]
    each = " each" if len(members) > 1 else ""
    label = "canary" if batch.is_canary else f"batch {first}"
    if len(members) > 1:
        label = f"batches {first} to {last}"
    parts = [f"{count(len(batch.hosts), 'host')}{each}"]
    if batch.at_once < len(batch.hosts):
        parts.append(f"{batch.at_once} at a time")
    if batch.pause_seconds:
        parts.append(f"then {duration(batch.pause_seconds)} of watching")
    names = _named(batch.hosts) if len(members) == 1 else ""
    return f"{label:<{_LABEL_WIDTH}}  {', '.join(parts)}{names}"


def _named(hosts: Sequence[HostPlan]) -> str:
    more = f" and {len(hosts) - MOST_NAMED} more" if len(hosts) > MOST_NAMED else ""
    names = ", ".join(printable(each.instance_id) for each in hosts[:MOST_NAMED])
    return f"  {faint(names + more)}"
