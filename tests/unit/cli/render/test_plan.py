from dataclasses import replace

import click

from cdinfra.cli.render.plan import plan_lines, summary
from cdinfra.deploy.plan import (
    ChangeAction,
    Plan,
    PropertyChange,
    Replacement,
    ResourceChange,
    StackAction,
    ValueChange,
    Verb,
)
from cdinfra.model import Hook, StackSettings, When


def added(logical_id: str, resource_type: str) -> ResourceChange:
    return ResourceChange(
        logical_id=logical_id, resource_type=resource_type, action=ChangeAction.ADD
    )


MIGRATE = Hook(command=("python", "migrate.py", "all of it"), when=When.BEFORE)
NETWORK = StackAction(
    stack="network",
    stack_name="shop-dev-network",
    verb=Verb.CREATE,
    resources=(
        added("Vpc", "AWS::EC2::VPC"),
        added("SubnetA", "AWS::EC2::Subnet"),
        added("SubnetB", "AWS::EC2::Subnet"),
    ),
)
HOST = ResourceChange(
    logical_id="Host",
    resource_type="AWS::EC2::Instance",
    physical_id="i-1",
    action=ChangeAction.MODIFY,
    replacement=Replacement.ALWAYS,
    properties=(
        PropertyChange(
            path="/Properties/ImageId",
            before="ami-1",
            after="ami-2",
            replacement=Replacement.ALWAYS,
        ),
        PropertyChange(path="Properties.InstanceType", before="t3.micro", after="t3.small"),
    ),
)
VOLUME = ResourceChange(
    logical_id="Volume",
    resource_type="AWS::EC2::Volume",
    physical_id="vol-1",
    action=ChangeAction.REMOVE,
    loses_data=True,
)
GROUP = ResourceChange(
    logical_id="Group",
    resource_type="AWS::AutoScaling::AutoScalingGroup",
    action=ChangeAction.MODIFY,
    replacement=Replacement.CONDITIONAL,
)
WEB = StackAction(
    stack="web",
    stack_name="shop-dev-web",
    verb=Verb.UPDATE,
    status="UPDATE_COMPLETE",
    resources=(HOST, VOLUME, GROUP),
    values=(ValueChange(name="Outputs.Url", before=None, after="http://x"),),
)
OLD = StackAction(
    stack="old",
    stack_name="shop-dev-old",
    verb=Verb.DELETE,
    reason="is not in infra.py any more",
    resources=(
        VOLUME,
        ResourceChange(
            logical_id="Role", resource_type="AWS::IAM::Role", action=ChangeAction.REMOVE
        ),
    ),
)
SAME = StackAction(stack="registry", stack_name="shop-dev-registry", verb=Verb.UNCHANGED)


def shown(*actions: StackAction, every_resource: bool = False) -> str:
    plan = Plan(app="shop", env="dev", actions=actions)
    lines = plan_lines(plan, every_resource=every_resource)
    return click.unstyle("\n".join(lines))


def test_a_plan_reads_like_this() -> None:
    assert (
        shown(NETWORK, WEB, OLD, SAME)
        == """\
+ create network  shop-dev-network
    3 resources: 2 EC2::Subnet, 1 EC2::VPC

~ update web  shop-dev-web
    -/+ Host  AWS::EC2::Instance  i-1  WILL BE REPLACED
        ~ ImageId  ami-1 → ami-2  (forces the replacement)
        ~ InstanceType  t3.micro → t3.small
    - Volume  AWS::EC2::Volume  vol-1  ITS DATA IS LOST
    ~ Group  AWS::AutoScaling::AutoScalingGroup  MAY BE REPLACED
    + Outputs.Url  http://x

- delete old  shop-dev-old  (is not in infra.py any more)
    2 resources: 1 EC2::Volume, 1 IAM::Role
    - Volume  AWS::EC2::Volume  vol-1  ITS DATA IS LOST

= unchanged: registry

Plan: 1 to create, 1 to update, 1 to delete, 1 unchanged.
REPLACED: web/Host
DATA IS LOST: web/Volume, old/Volume"""
    )


def test_every_resource_can_be_named() -> None:
    assert "    + SubnetB  AWS::EC2::Subnet\n" in shown(NETWORK, every_resource=True)


def test_nothing_changes_is_one_line() -> None:
    plan = Plan(app="shop", env="dev", actions=(SAME,))
    assert summary(plan) == "Nothing changes: 1 stack is up to date."
    assert summary(Plan(app="a", env="b", actions=())) == "Nothing to do: there is no stack."


def test_a_mark_in_colour_stands_there_in_words_too() -> None:
    plan = Plan(app="shop", env="dev", actions=(WEB,))
    coloured = "\n".join(plan_lines(plan))
    assert coloured != click.unstyle(coloured)
    assert "WILL BE REPLACED" in click.unstyle(coloured)


def test_a_stack_that_may_still_change_says_what_it_depends_on() -> None:
    waiting = StackAction(
        stack="web",
        stack_name="shop-dev-web",
        verb=Verb.UNCHANGED,
        reason="changes if the outputs of network change",
        pending={"NetworkVpcId": "network.VpcId"},
    )
    assert "= unchanged web  shop-dev-web  (changes if the outputs of network change)" in shown(
        NETWORK, waiting
    )


def test_the_rest_of_a_failed_creation_is_deleted_first_and_the_plan_says_so() -> None:
    again = replace(NETWORK, deletes_first=True, reason="a creation that failed left it behind")
    assert "(a creation that failed left it behind; it is deleted first)" in shown(again)


def test_many_types_are_wrapped_into_readable_lines() -> None:
    wide = StackAction(
        stack="web",
        stack_name="shop-dev-web",
        verb=Verb.CREATE,
        resources=tuple(added(f"R{n}", f"AWS::Service{n}::Resource") for n in range(30)),
    )
    assert all(len(line) <= 101 for line in shown(wide).splitlines())
    assert all(f"Service{n}::Resource" in shown(wide) for n in range(30))


def test_a_creation_shows_its_settings_and_hooks() -> None:
    action = replace(
        NETWORK,
        settings=StackSettings(hooks=(MIGRATE,)),
        values=(ValueChange(name="Settings.TerminationProtection", before="off", after="on"),),
    )
    lines = [click.unstyle(line) for line in plan_lines(Plan(app="a", env="b", actions=(action,)))]
    assert "    runs before: python migrate.py 'all of it'" in lines
    assert "    ~ Settings.TerminationProtection  off → on" in lines
