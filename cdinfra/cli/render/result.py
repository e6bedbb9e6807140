"""What there is at the end: outputs, hosts, failures."""

from collections.abc import Iterable, Iterator, Mapping

from cdinfra.aws.hosts import Host
from cdinfra.cli.render.style import faint, loud, strong
from cdinfra.cli.render.tables import table
from cdinfra.cli.render.words import count, printable, stamp
from cdinfra.deploy.result import Result
from cdinfra.events import Outcome

RELEASE_WIDTH = 44
"""Most characters of a release in a table: the repository and the digest's first digits."""


def result_lines(outcome: Result) -> Iterator[str]:
    """Return how a plan ended: counts, outputs of the stacks, hosts."""
    yield _counts(outcome)
    if shown := output_lines({stack.stack: stack.outputs for stack in outcome.stacks}):
        yield from ["", *shown]
    if outcome.hosts:
        yield from ["", *host_lines(outcome.hosts)]


def _counts(outcome: Result) -> str:
    parts = []
    for kind in Outcome:
        if number := sum(stack.outcome is kind for stack in outcome.stacks):
            text = f"{number} {kind}"
            parts.append(loud(text) if kind is Outcome.FAILED else text)
    return strong(f"{count(len(outcome.stacks), 'stack')}: ") + ", ".join(parts)


def output_lines(outputs: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return outputs as a table of ``stack.Output`` and value; empty where there are none."""
    rows = [
        (printable(f"{stack}.{key}"), printable(value))
        for stack, values in outputs.items()
        for key, value in values.items()
    ]
    return table(("OUTPUT", "VALUE"), rows) if rows else []


def host_lines(hosts: Iterable[Host]) -> list[str]:
    """Return hosts as a table."""
    rows = [
        (
            strong(printable(host.deploy_group)),
            host.instance_id,
            host.state,
            host.instance_type,
            host.zone,
            host.private_address,
            host.public_address,
            _release(host.release),
            stamp(host.launched_at),
        )
        for host in hosts
    ]
    headings = (
        "GROUP",
        "HOST",
        "STATE",
        "TYPE",
        "ZONE",
        "PRIVATE",
        "PUBLIC",
        "RELEASE",
        "LAUNCHED",
    )
    return table(headings, rows)


def _release(release: str) -> str:
    if not release:
        return faint("none")
    text = printable(release)
    return text if len(text) <= RELEASE_WIDTH else f"{text[: RELEASE_WIDTH - 1]}…"
