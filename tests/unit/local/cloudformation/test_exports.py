from typing import Any

SHARED = {"O": {"Value": "v", "Export": {"Name": "shared"}}}


def test_an_export_name_belongs_to_one_stack(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()}, Outputs=SHARED)

    stack = cfn.create("two", {"A": topic()}, Outputs=SHARED)

    assert stack.status == "ROLLBACK_COMPLETE"
    assert (
        "two",
        "ROLLBACK_IN_PROGRESS",
        "Export with name shared is already exported by stack one. Rollback requested by user.",
    ) in cfn.told("two")


def test_an_export_that_is_in_use_cannot_change(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()}, Outputs=SHARED)
    cfn.create("two", {"A": topic(DisplayName={"Fn::ImportValue": "shared"})})

    changed = {"O": {"Value": "w", "Export": {"Name": "shared"}}}
    stack = cfn.update("one", {"A": topic()}, Outputs=changed)

    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert any(
        reason == "Export shared cannot be updated as it is in use by two"
        for *_, reason in cfn.told("one")
    )
    assert [output.value for output in stack.outputs] == ["v"]


def test_an_export_that_is_in_use_cannot_go(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()}, Outputs=SHARED)
    cfn.create("two", {"A": topic(DisplayName={"Fn::ImportValue": "shared"})})

    stack = cfn.update("one", {"A": topic()}, Outputs={"P": {"Value": "p"}})

    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert any(
        reason == "Export shared cannot be deleted as it is in use by two"
        for *_, reason in cfn.told("one")
    )


def test_an_export_is_free_once_nobody_imports_it_any_more(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()}, Outputs=SHARED)
    cfn.create("two", {"A": topic(DisplayName={"Fn::ImportValue": "shared"})})
    cfn.update("two", {"A": topic(DisplayName="own")})

    assert cfn.delete("one").status == "DELETE_COMPLETE"


def test_exports_and_their_importers_are_listed(cfn: Any, topic: Any) -> None:
    one = cfn.create("one", {"A": topic()}, Outputs=SHARED)
    assert (
        cfn.refused("ListImports", ExportName="shared")
        == "Export 'shared' is not imported by any stack."
    )
    cfn.create("two", {"A": topic(DisplayName={"Fn::ImportValue": "shared"})})

    assert cfn.call("ListExports")["Exports"] == [
        {"ExportingStackId": one.stack_id, "Name": "shared", "Value": "v"}
    ]
    assert cfn.call("ListImports", ExportName="shared")["Imports"] == ["two"]
    assert cfn.refused("ListImports", ExportName="x") == "Export 'x' does not exist."
