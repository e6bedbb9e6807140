"""``cdinfra local boot``: how the local hosts booted."""

import os

import click

from cdinfra.cli.command import Command
from cdinfra.cli.local_cloud import running
from cdinfra.cli.options import Request, local_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.screen import result
from cdinfra.local.hosts.belongings import cloud_name
from cdinfra.local.hosts.boot_report import BootReport, read_boot_reports, step_words
from cdinfra.local.hosts.engine import need_engine


@click.command(
    "boot",
    cls=Command,
    examples=(
        "cdinfra local boot",
        "cdinfra local boot --output json | jq '.hosts[].ready_seconds'",
    ),
)
@local_options
def local_boot(request: Request) -> None:
    """Show how long the boot of each local host took, and where the time went.

    From power-on until the host's agent was done, cloud-init's stages and its slowest
    modules, and what cloud-init complains of.
    """
    cloud = running(request)
    reports = read_boot_reports(need_engine(os.environ), cloud_name(cloud.state_dir))
    if request.as_json:
        result(document({"hosts": reports}))
    else:
        result("\n\n".join(map(_lines, reports)) or "No host is booted.")


def _lines(report: BootReport) -> str:
    if report.problem:
        return f"{report.instance_id}  cannot be asked: {report.problem}"
    ready = "boots" if report.ready_seconds is None else f"ready after {report.ready_seconds} s"
    agent = "works" if report.agent_seconds is None else f"{report.agent_seconds} s"
    rows = [
        f"{report.instance_id}  {ready}, cloud-init {report.status}",
        f"  stages   {step_words(report.stages)}",
        f"  slowest  {step_words(report.slowest)}",
        f"  agent    {agent}",
        *(f"  {error}" for error in report.errors),
    ]
    return "\n".join(rows)
