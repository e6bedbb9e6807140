"""Every example comes up in the local cloud as it stands, stays as it is, and goes again."""

from pathlib import Path
from typing import Any

import pytest

from cdinfra.aws.cloud import connect
from cdinfra.aws.connection import Clients
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.load import load_app
from cdinfra.events import Outcome
from cdinfra.local.process import LocalCloud

EXAMPLES = Path(__file__).parents[3] / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/infra.py"))


def deployer(local_cloud: LocalCloud, example: str) -> Deployer:
    app = load_app(EXAMPLES / example / "infra.py", "dev")
    return Deployer(connect(local_cloud.connection()), app)


def up(local_cloud: LocalCloud, example: str) -> dict[str, Outcome]:
    with deployer(local_cloud, example) as each:
        result = each.execute(each.preview(each.plan_up()))
    return {stack.stack: stack.outcome for stack in result.stacks}


def down(local_cloud: LocalCloud, example: str) -> set[Outcome]:
    with deployer(local_cloud, example) as each:
        result = each.execute(each.plan_down())
    return {stack.outcome for stack in result.stacks}


@pytest.mark.parametrize("example", NAMES)
def test_an_example_comes_up_stays_and_goes(local_cloud: LocalCloud, example: str) -> None:
    created = up(local_cloud, example)
    assert created
    assert set(created.values()) == {Outcome.CREATED}
    assert set(up(local_cloud, example).values()) == {Outcome.UNCHANGED}
    assert down(local_cloud, example) == {Outcome.DELETED}


def test_a_stack_class_of_ones_own_feeds_a_changed_class_and_a_yaml_template(
    local_cloud: LocalCloud,
) -> None:
    up(local_cloud, "notices")
    try:
        topic = outputs(local_cloud)["notices"]["TopicArn"]
        clients = Clients(local_cloud.connection())
        assert subscribers(clients, topic) == ["on-call@example.com"]
        alarms = clients.client("cloudwatch").describe_alarms()["MetricAlarms"]
        ours = [each for each in alarms if each["Namespace"] == "AWS/SNS"]
        assert [dimension["Value"] for each in ours for dimension in each["Dimensions"]] == [
            topic.rsplit(":", 1)[-1]
        ]
        assert topic in statements(clients)
    finally:
        down(local_cloud, "notices")


def outputs(local_cloud: LocalCloud) -> Any:
    with deployer(local_cloud, "notices") as each:
        return each.outputs()


def subscribers(clients: Clients, topic: str) -> list[str]:
    listed = clients.client("sns").list_subscriptions_by_topic(TopicArn=topic)
    return [each["Endpoint"] for each in listed["Subscriptions"]]


def statements(clients: Clients) -> str:
    """Return all inline policies of the app's roles as one text."""
    iam = clients.client("iam")
    return "".join(
        str(iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"])
        for role in iam.list_roles()["Roles"]
        if role["RoleName"].startswith("notices-dev-worker")
        for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    )
