import json
from typing import Any

import pytest

TOPIC = "AWS::SNS::Topic"


def wanted(name: str = "A", **identifier: str) -> dict[str, Any]:
    return {
        "LogicalResourceId": name,
        "ResourceType": TOPIC,
        "ResourceIdentifier": identifier or {"TopicArn": "found"},
    }


def propose(cfn: Any, resources: Any, *imports: Any, **given: Any) -> Any:
    return cfn.start(
        "CreateChangeSet",
        "one",
        resources,
        ChangeSetName="plan",
        ChangeSetType="IMPORT",
        ResourcesToImport=list(imports),
        **given,
    )


def execute(cfn: Any) -> Any:
    cfn.call("ExecuteChangeSet", StackName="one", ChangeSetName="plan")
    return cfn.settled("one")


def test_a_resource_is_imported_into_a_stack_and_tagged(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"B": topic()}, Tags=[{"Key": "team", "Value": "x"}])
    cloud.existing["found"] = {"DisplayName": "a"}
    cloud.requests.clear()
    resources = {"A": topic(DeletionPolicy="Retain", DisplayName="a"), "B": topic()}

    propose(cfn, resources, wanted())

    view = cfn.call("DescribeChangeSet", StackName="one", ChangeSetName="plan")
    assert [one["ResourceChange"]["Action"] for one in view["Changes"]] == ["Import"]
    stack = execute(cfn)
    assert stack.status == "IMPORT_COMPLETE"
    assert stack.resources["A"].physical_id == "found"
    assert [request.tags["team"] for request in cloud.requests] == ["x"]
    assert [(status, why) for who, status, why in cfn.told("one") if who == "A"] == [
        ("IMPORT_IN_PROGRESS", "Resource import started."),
        ("IMPORT_COMPLETE", "Resource import completed."),
        ("UPDATE_IN_PROGRESS", "Apply stack-level tags to imported resource if applicable."),
        ("UPDATE_COMPLETE", ""),
    ]
    body = stack.version.template.body
    assert (
        cfn.refused("UpdateStack", StackName="one", TemplateBody=body)
        == "No updates are to be performed."
    )


def test_a_new_stack_is_made_of_imported_resources(cfn: Any, cloud: Any, topic: Any) -> None:
    cloud.existing["found"] = {}
    propose(cfn, {"A": topic(DeletionPolicy="Delete")}, wanted())
    assert cfn.stack("one").status == "REVIEW_IN_PROGRESS"

    assert execute(cfn).status == "IMPORT_COMPLETE"
    assert cfn.delete("one").status == "DELETE_COMPLETE"
    assert cloud.existing == {}


def test_what_does_not_exist_cannot_be_imported(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"B": topic()})
    cloud.existing["found"] = {}
    resources = {
        "A": topic(DeletionPolicy="Retain"),
        "B": topic(),
        "C": topic(DeletionPolicy="Retain", DependsOn="A"),
    }
    propose(cfn, resources, wanted(), wanted("C", TopicArn="missing"))

    stack = execute(cfn)

    assert stack.status == "IMPORT_ROLLBACK_COMPLETE"
    assert tuple(stack.resources) == ("B",)
    assert "found" in cloud.existing
    told = cfn.told("one")
    reason = f"Resource of type '{TOPIC}' with identifier 'missing' was not found."
    assert ("C", "IMPORT_FAILED", reason) in told
    assert ("A", "IMPORT_ROLLBACK_COMPLETE", "") in told
    assert (
        "one",
        "IMPORT_ROLLBACK_IN_PROGRESS",
        "The following resource(s) failed to import: [C]. ",
    ) in told
    assert cfn.update("one", {"B": topic(DisplayName="b")}).status == "UPDATE_COMPLETE"


def test_an_import_whose_tags_cannot_be_taken_off_again_says_so(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cloud.existing["found"] = {}
    cloud.failing[("update", "A")] = "Access denied"
    propose(cfn, {"A": topic(DeletionPolicy="Retain")}, wanted())

    stack = execute(cfn)

    assert stack.status == "IMPORT_ROLLBACK_FAILED"
    assert stack.reason == "The following resource(s) failed to roll back: [A]. "
    assert cfn.delete("one").status == "DELETE_COMPLETE"
    assert "found" in cloud.existing


def test_an_import_changes_nothing_else(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"B": topic(DisplayName="a")})
    resources = {"A": topic(DeletionPolicy="Retain"), "B": topic(DisplayName="b")}

    propose(cfn, resources, wanted(), Outputs={"O": {"Value": "v"}})

    view = cfn.call("DescribeChangeSet", StackName="one", ChangeSetName="plan")
    assert view["Status"] == "FAILED"
    assert (
        view["StatusReason"]
        == "As part of the import operation, you cannot modify or add [B, Outputs]"
    )


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "ResourcesToImport must be specified"),
        ([wanted("X")], "Resource [X] to import is not in the template"),
        ([wanted("B")], "Resource [B] to import is in the stack already"),
        ([wanted("D")], "Resource [D] to import must have a DeletionPolicy"),
        ([{**wanted(), "ResourceType": "AWS::EC2::VPC"}], "to import is a AWS::SNS::Topic"),
        ([wanted(Name="x")], "to import must be identified by [TopicArn]"),
    ],
)
def test_what_cannot_be_imported_is_refused(
    cfn: Any, topic: Any, entries: list[Any], words: str
) -> None:
    cfn.create("one", {"B": topic()})
    resources = {"A": topic(DeletionPolicy="Retain"), "B": topic(), "D": topic()}

    assert words in cfn.refused(
        "CreateChangeSet",
        StackName="one",
        ChangeSetName="plan",
        ChangeSetType="IMPORT",
        ResourcesToImport=entries,
        TemplateBody=json.dumps({"Resources": resources}),
    )


def test_resources_to_import_belong_to_an_import(cfn: Any) -> None:
    assert "only for the change set type IMPORT" in cfn.refused(
        "CreateChangeSet", StackName="one", ChangeSetName="plan", ResourcesToImport=[wanted()]
    )
