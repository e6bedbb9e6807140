from typing import Any

from cdinfra.aws.stack_status import StackStatus

TOPIC = "AWS::SNS::Topic"


def test_every_status_of_a_stack_can_be_reached(cfn: Any, cloud: Any, topic: Any) -> None:
    make(cfn, cloud, topic)
    change(cfn, cloud, topic)
    take_in(cfn, cloud, topic)
    cloud.failing[("delete", "A")] = "in use"
    cfn.delete("plain")
    cloud.failing.clear()
    cfn.delete("plain")

    told = {
        event.status
        for stack in cfn.state.stacks.values()
        for event in stack.events
        if event.logical_id == stack.name
    }
    assert told == set(StackStatus)


def make(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("plain", {"A": topic(DisplayName="a")})
    cloud.failing[("create", "B")] = "broken"
    resources = {"A": topic(), "B": topic(DependsOn="A")}
    cfn.create("rolledback", resources)
    cfn.create("stopped", resources, OnFailure="DO_NOTHING")
    cloud.failing[("delete", "A")] = "in use"
    cfn.create("stuck", resources)
    cloud.failing.clear()


def change(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.update("plain", {"A": topic(DisplayName="b")})
    cloud.failing[("create", "B")] = "broken"
    cfn.update("plain", {"A": topic(DisplayName="b"), "B": topic()})
    cfn.update("plain", {"A": topic(DisplayName="b"), "B": topic()}, DisableRollback=True)
    cfn.call("RollbackStack", StackName="plain")
    cfn.settled("plain")
    cloud.failing[("update", "A")] = "broken"
    cfn.update("plain", {"A": topic(DisplayName="c")})
    cloud.failing.clear()
    cfn.call("ContinueUpdateRollback", StackName="plain")
    cfn.settled("plain")


def take_in(cfn: Any, cloud: Any, topic: Any) -> None:
    for name, physical_id in (("imported", "found"), ("missing", "none"), ("untaggable", "found")):
        cloud.existing["found"] = {}
        identifier = {"TopicArn": physical_id}
        cfn.start(
            "CreateChangeSet",
            name,
            {"A": topic(DeletionPolicy="Retain")},
            ChangeSetName="plan",
            ChangeSetType="IMPORT",
            ResourcesToImport=[
                {
                    "LogicalResourceId": "A",
                    "ResourceType": TOPIC,
                    "ResourceIdentifier": identifier,
                }
            ],
        )
        if name == "untaggable":
            cloud.failing[("update", "A")] = "denied"
        cfn.call("ExecuteChangeSet", StackName=name, ChangeSetName="plan")
        cfn.settled(name)
    cloud.failing.clear()
