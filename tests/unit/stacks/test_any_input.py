"""Whatever stands in a setting: a template that fits, or problems; never anything else."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cdinfra.stacks
from cdinfra.cloudinit import Container, PortMapping
from cdinfra.errors import InvalidInputError
from cdinfra.model import BuildContext, StackTemplate
from cdinfra.stacks import (
    Alarms,
    Capacity,
    DataDisk,
    DockerHost,
    DockerHosts,
    ExistingVpc,
    FlowLogs,
    Foundation,
    Image,
    Instance,
    LoadBalancer,
    Network,
    Registry,
    Repository,
    RollingUpdate,
    Spot,
    TargetTracking,
)
from cdinfra.stacks.network import AdoptedNetwork

CONTEXT = BuildContext(app="shop", env="dev", owner="me")
NETWORK = Network("network")
CONTAINER = Container(ports=(PortMapping(host=80, container=80),))

STACKS: Mapping[type, Mapping[str, Any]] = {
    Foundation: {},
    Network: {"name": "network"},
    AdoptedNetwork: {"name": "network", "vpc": None},
    Registry: {"name": "registry", "repositories": ("web",)},
    DockerHosts: {"name": "web", "network": NETWORK, "container": CONTAINER},
    DockerHost: {"name": "web", "network": NETWORK, "container": CONTAINER},
}
SETTINGS: Mapping[type, Mapping[str, Any]] = {
    Alarms: {},
    Capacity: {},
    Image: {},
    Instance: {},
    LoadBalancer: {},
    RollingUpdate: {},
    TargetTracking: {},
    Spot: {"instance_types": ("t3.large",)},
}

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.sampled_from(["ami-12345678", "10.0.0.0/16", "sg-12345678", "t3.small", "arm64", "*"]),
)
anything = st.one_of(
    scalars,
    st.lists(scalars, max_size=3),
    st.lists(scalars, max_size=3).map(tuple),
    st.dictionaries(st.text(), scalars, max_size=3),
    st.sampled_from([FlowLogs(), Instance(), DataDisk(mount_point="/srv")]),
)


def outcome(make: Any, **arguments: Any) -> StackTemplate | InvalidInputError:
    try:
        template: StackTemplate = make(**arguments).build(CONTEXT)
    except InvalidInputError as error:
        return error
    return template


def check(result: StackTemplate | InvalidInputError) -> None:
    if isinstance(result, InvalidInputError):
        assert result.problems
        assert all(problem.path and problem.message for problem in result.problems)
    else:
        assert len(result.document["Resources"]) <= 500
        assert len(result.document.get("Parameters", ())) <= 200
        assert len(result.body.encode()) < 51_200


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.__name__)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_value_of_a_stacks_setting(stack: type, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from([field.name for field in fields(stack)]))
    check(outcome(stack, **{**STACKS[stack], field: data.draw(anything)}))


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_value_of_a_setting_of_hosts(kind: type, data: st.DataObject) -> None:
    argument = {
        Alarms: "alarms",
        Capacity: "capacity",
        Image: "image",
        Instance: "instance",
        LoadBalancer: "load_balancer",
        RollingUpdate: "update",
        TargetTracking: "scaling",
        Spot: "spot",
    }[kind]
    field = data.draw(st.sampled_from([field.name for field in fields(kind)]))
    value = kind(**{**SETTINGS[kind], field: data.draw(anything)})
    check(outcome(DockerHosts, **{**STACKS[DockerHosts], argument: value}))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_value_of_a_data_disk_or_vpc_or_repository(data: st.DataObject) -> None:
    disk = {"mount_point": "/srv", data.draw(fields_of(DataDisk)): data.draw(anything)}
    check(outcome(DockerHost, **{**STACKS[DockerHost], "data": DataDisk(**disk)}))
    vpc = {"vpc_id": "vpc-12345678", data.draw(fields_of(ExistingVpc)): data.draw(anything)}
    check(outcome(AdoptedNetwork, name="network", vpc=ExistingVpc(**vpc)))
    handle = {"arn": "x", "uri": "y", data.draw(fields_of(Repository)): data.draw(anything)}
    repositories = (Repository(**handle),)
    check(outcome(DockerHosts, **{**STACKS[DockerHosts], "repositories": repositories}))


def fields_of(kind: type) -> st.SearchStrategy[str]:
    return st.sampled_from([field.name for field in fields(kind)])


def test_the_public_surface_is_what_is_documented() -> None:
    assert sorted(cdinfra.stacks.__all__) == [
        "AdoptedNetwork",
        "Alarms",
        "Architecture",
        "Capacity",
        "DataDisk",
        "DockerHost",
        "DockerHosts",
        "ExistingVpc",
        "FlowLogs",
        "Foundation",
        "Hook",
        "HostGroup",
        "Image",
        "Instance",
        "LoadBalancer",
        "NatGateways",
        "Network",
        "NetworkReferences",
        "On",
        "OnFailure",
        "Placement",
        "Registry",
        "Repository",
        "RollingUpdate",
        "ScalingMetric",
        "Spot",
        "SpotAllocation",
        "Stack",
        "StackSettings",
        "TargetTracking",
        "TemplateBuilder",
        "TemplateStack",
        "Topic",
        "TrafficType",
        "Webhook",
        "When",
    ]
    assert all(getattr(cdinfra.stacks, name).__doc__ for name in cdinfra.stacks.__all__)


def test_settings_cannot_be_changed_after_they_were_checked() -> None:
    for kind in (*SETTINGS, DataDisk, ExistingVpc, FlowLogs, Repository):
        assert is_dataclass(kind)
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined] # typeshed lacks it
