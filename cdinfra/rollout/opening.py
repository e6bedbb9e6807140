"""Puts the real world behind the rollouts of a deploy group."""

import os

from cdinfra.aws.cloud import Aws
from cdinfra.rollout.balancer import AwsBalancer
from cdinfra.rollout.fleet_view import AwsFleetView
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.ports import Ports
from cdinfra.rollout.preflight import AwsPreflight
from cdinfra.rollout.registry import AwsRegistry
from cdinfra.rollout.rollouts import Rollouts
from cdinfra.rollout.run import Run
from cdinfra.rollout.state.history import History
from cdinfra.rollout.state.journal import Journals
from cdinfra.rollout.state.lock import DeployLock
from cdinfra.rollout.state.lock_record import Holder
from cdinfra.rollout.tagger import AwsTagger
from cdinfra.rollout.transport import Transport


def open_rollouts(aws: Aws, group: DeployGroup, transport: Transport, run: Run) -> Rollouts:
    """Return the rollouts of a deploy group; nothing is called before they are used.

    Args:
        aws: The place that the group's stack is in.
        group: The deploy group.
        transport: How hosts are reached.
        run: Who runs it, and whom it tells and asks.
    """
    me = Holder(owner=run.author.who, run_url=run.author.run_url, pid=os.getpid())
    ports = Ports(
        transport=transport,
        fleet=AwsFleetView(aws, group),
        lock=DeployLock(aws.storage, group, me, clock=run.clock),
        journals=Journals(aws.storage, group),
        histories=History(aws.storage, group),
        balancer=AwsBalancer(aws, group),
        tagger=AwsTagger(aws, group),
        registry=AwsRegistry(aws, group),
        preflight=AwsPreflight(aws, group),
        renew_session=aws.renew,
    )
    return Rollouts(group, ports, run)
