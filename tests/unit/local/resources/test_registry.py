import json
from pathlib import Path

import pytest

from cdinfra.local.cloudformation.schema import load_schema
from cdinfra.local.resources.registry import TYPES, resource_types
from cdinfra.local.resources.service import ServiceResource

GOLDEN = Path(__file__).parents[3] / "golden"
BUILT_IN = {"AWS::CloudFormation::WaitCondition", "AWS::CloudFormation::WaitConditionHandle"}


def test_every_type_stands_under_its_own_name() -> None:
    types = resource_types()
    assert len(types) == len(TYPES)
    assert all(name == kind.type_name for name, kind in types.items())


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.type_name)
def test_a_type_carries_only_properties_that_aws_lets_a_template_set(
    kind: type[ServiceResource],
) -> None:
    schema = load_schema(kind.type_name)
    assert schema is not None
    settable = {name for name in schema.properties if (name,) not in schema.read_only}
    assert kind.carried <= settable
    assert set(schema.required) <= kind.carried
    assert kind.carried_as_configuration.keys() <= kind.carried
    assert all(kind.carried_as_configuration.values())


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.type_name)
def test_a_type_whose_properties_can_all_change_only_by_replacement_changes_nothing_but_tags(
    kind: type[ServiceResource],
) -> None:
    schema = load_schema(kind.type_name)
    assert schema is not None
    changeable = {name for name in kind.carried if (name,) not in schema.create_only}
    if not changeable:
        assert kind.configure is ServiceResource.configure


@pytest.mark.parametrize("template", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_everything_that_the_stack_classes_set_is_carried(template: Path) -> None:
    types = resource_types()
    for logical_id, resource in json.loads(template.read_text())["Resources"].items():
        if resource["Type"] in BUILT_IN:
            continue
        left = set(resource.get("Properties", {})) - types[resource["Type"]].carried
        assert not left, logical_id


def test_the_golden_templates_are_there() -> None:
    assert list(GOLDEN.glob("*.json"))
