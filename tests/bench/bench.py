"""Times cdinfra beside its peers and writes its part of docs/bench.md: ``make bench``.

Every program does the same job against the same local cloud. The figures are of whole
processes, and of one machine on one day: compare within a table, not between tables.
"""

import argparse
import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from growth import Grown, Runner
from jobs import Bench, cloud_environ, copy_projects
from peers import Peer, install_peers
from sections import write_section
from table import Row, rows_table, seconds_text
from timing import Timing

import cdinfra
from cdinfra import __version__
from cdinfra.local.process import LocalCloud, start, stop

PAGE = Path(__file__).parents[2] / "docs" / "bench.md"
SIZES = (1, 10, 100)


def main() -> None:
    """Run everything and write the part of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="how often each figure is taken")
    parser.add_argument("--to", type=Path, default=PAGE, help="page to write the part of")
    options = parser.parse_args()
    if not Path(cdinfra.__file__).resolve().is_relative_to(PAGE.parents[1]):
        sys.exit(f"cdinfra is installed from elsewhere, {cdinfra.__file__}: run make bench")
    peers = install_peers()
    with TemporaryDirectory() as name:
        folder = Path(name)
        cloud = start(folder / "state")
        try:
            lines = list(page(folder, cloud, peers, options.runs))
        finally:
            stop(folder / "state")
    write_section(options.to, "programs", lines)
    sys.stdout.write("\n".join(lines) + "\n")


def page(folder: Path, cloud: LocalCloud, peers: Sequence[Peer], runs: int) -> Iterator[str]:
    """Yield the lines of the part, once everything is measured."""
    named = {peer.name: peer for peer in peers}
    copy_projects(folder / "projects", named)
    python = Path(sys.executable)
    environ = cloud_environ(cloud.endpoint_url, folder / "state")
    bench = Bench(
        folder=folder / "projects",
        environ=environ,
        cdinfra=python.with_name("cdinfra"),
        python=python,
        peers=named,
        runs=runs,
    )
    runner = Runner(
        program=bench.cdinfra,
        folder=bench.folder / "cdinfra",
        environ=environ,
        cloud=cloud,
    )
    rows = tuple(_rows(bench))
    yield from _head(peers, runs)
    yield from rows_table(rows)
    yield from _tail(runner, runs)


def _rows(bench: Bench) -> Iterator[Row]:
    yield Row(
        job="print the version", timings=bench.version(), goal="at most 1.3 times bare (click)"
    )
    yield Row(
        job="write the templates of 20 stacks",
        timings=bench.generate(),
        goal="at most 1.5 times bare (troposphere)",
    )
    one, five = bench.lint(1), bench.lint(5)
    yield Row(job="lint one template of the example", timings=one)
    yield Row(
        job="lint all five",
        timings=five,
        goal=f"a further one in under 400 ms: {_further(one, five)}",
    )
    yield Row(job="create one stack", timings=bench.create(), goal="no slower than aws")
    yield Row(job="find that nothing changes", timings=bench.unchanged(), goal="under 1 s")


def _further(one: Mapping[str, Timing | str], five: Mapping[str, Timing | str]) -> str:
    """Return what each template after the first costs cdinfra."""
    first, all_of_them = one["cdinfra"], five["cdinfra"]
    if isinstance(first, str) or isinstance(all_of_them, str):
        return "not known"
    return seconds_text((all_of_them.median - first.median) / 4)


def _head(peers: Sequence[Peer], runs: int) -> Iterator[str]:
    versions = ", ".join(f"{peer.name} {peer.version}" for peer in peers)
    yield (
        f"Medians of {runs} runs of the whole process, with the range, after one that does not "
        f"count: {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, cdinfra {__version__}, {versions}. Everything that calls "
        "AWS calls the same local cloud. A stack is a topic, a log group and a parameter. The "
        "fastest is in bold. `bare` is the least that the job can cost: a click program that "
        "only knows its version, a script of troposphere and nothing else."
    )
    yield ""


def _tail(runner: Runner, runs: int) -> Iterator[str]:
    yield ""
    yield (
        "aws and cdk look at a stack that is being made at fixed intervals, of 30 seconds and "
        "of 5; cdinfra looks often at first and then less often. From the moment at which "
        "CloudFormation says that a stack is complete it takes "
        f"{seconds_text(runner.delays('bench-delay', runs))} (median) until cdinfra says so "
        "(goal: under 1 s)."
    )
    yield ""
    yield "How time and calls grow with the number of stacks, independent of one another:"
    yield ""
    yield "| stacks | create | calls | calls a stack | nothing changes | calls | calls a stack |"
    yield "|---|---|---|---|---|---|---|"
    for stacks in SIZES:
        name = f"bench-grown-{stacks}"
        created, unchanged = runner.up(name, stacks), runner.up(name, stacks)
        yield f"| {stacks} | {_grown(created)} | {_grown(unchanged)} |"


def _grown(grown: Grown) -> str:
    each = grown.calls / grown.stacks
    return f"{seconds_text(grown.seconds)} | {grown.calls} | {each:.1f}"


if __name__ == "__main__":
    main()
