"""Values from outside of the app, where a stack class takes a value."""

from collections.abc import Callable
from typing import Any

import pytest
from troposphere import rds, sns

from cdinfra.cloudinit import Container, PortMapping, StaysUp
from cdinfra.errors import InvalidInputError
from cdinfra.model import (
    BuildContext,
    FromEnvironment,
    FromFile,
    FromSsm,
    OutputReference,
    OutsideSource,
    StackOutput,
    StackTemplate,
    secret_reference,
    secure_ssm_reference,
)
from cdinfra.stacks import DockerHosts, Network, Stack, TemplateBuilder
from cdinfra.stacks.builder import parameter_name

CONTEXT = BuildContext(app="shop", env="dev", owner="team")


class Made(Stack):
    """A stack that a function fills."""

    def __init__(self, fill: Callable[[TemplateBuilder], None]) -> None:
        super().__init__("made")
        self._fill = fill

    def add_resources(self, builder: TemplateBuilder) -> None:
        self._fill(builder)


def built(fill: Callable[[TemplateBuilder], None]) -> StackTemplate:
    return Made(fill).build(CONTEXT)


def add_topic(builder: TemplateBuilder, **properties: Any) -> None:
    builder.add(sns.Topic("Topic", **properties))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (FromEnvironment("DB_URL"), "DbUrl"),
        (FromEnvironment("dbUrl2"), "DbUrl2"),
        (FromEnvironment("_"), "Value"),
        (FromFile("config/version.txt"), "VersionTxt"),
        (FromFile("config.yaml", key="database.maxSize"), "DatabaseMaxSize"),
        (FromSsm("/shop/db-url"), "ShopDbUrl"),
        (StackOutput("dns-prod", "ZoneId"), "DnsProdZoneId"),
        (OutputReference(stack="a-b", output="VpcId"), "ABVpcId"),
    ],
)
def test_a_parameter_is_called_after_where_its_value_comes_from(
    source: OutsideSource, name: str
) -> None:
    assert parameter_name(source) == name


def test_a_source_becomes_a_parameter_that_is_fed_from_it() -> None:
    source = FromSsm("/shop/name")
    template = built(lambda builder: add_topic(builder, DisplayName=builder.value(source)))
    assert template.parameters == {"ShopName": source}
    assert template.dependencies == ()
    assert template.document["Parameters"] == {
        "ShopName": {"Type": "String", "Description": "The SSM parameter /shop/name"}
    }
    topic = template.document["Resources"]["Topic"]
    assert topic["Properties"] == {"DisplayName": {"Ref": "ShopName"}}


def test_the_same_source_is_one_parameter_and_two_of_one_name_are_refused() -> None:
    variable, parameter = FromEnvironment("SHOP_NAME"), FromSsm("/shop/name")

    def fill_twice(builder: TemplateBuilder) -> None:
        add_topic(builder, DisplayName=builder.value(variable), TopicName=builder.value(variable))

    def fill_both(builder: TemplateBuilder) -> None:
        add_topic(builder, DisplayName=builder.value(variable), TopicName=builder.value(parameter))

    assert built(fill_twice).parameters == {"ShopName": variable}
    with pytest.raises(InvalidInputError) as caught:
        built(fill_both)
    assert caught.value.message == (
        "stacks/made: needs the parameter ShopName for two different sources "
        "(add one with builder.parameter('AnotherShopName', source=…))"
    )


def test_a_stack_class_takes_a_source_for_an_id() -> None:
    group = StackOutput("office", "GroupId", parameter_type="AWS::EC2::SecurityGroup::Id")
    hosts = DockerHosts(
        "web",
        network=Network("network"),
        container=Container(ports=(PortMapping(host=80, container=80),), health=StaysUp()),
        open_to=(group, FromEnvironment("OFFICE_CIDR")),
    )
    template = hosts.build(CONTEXT)
    parameters = template.document["Parameters"]
    assert parameters["OfficeGroupId"]["Type"] == "AWS::EC2::SecurityGroup::Id"
    assert parameters["OfficeCidr"]["Type"] == "String"
    assert template.dependencies == ("network",)


def test_a_parameter_of_ones_own_may_be_hidden_and_fed_from_another_stack() -> None:
    def fill(builder: TemplateBuilder) -> None:
        source = FromEnvironment("PASSWORD")
        password = builder.parameter("Password", source=source, no_echo=True)
        name = builder.parameter("Name", source=OutputReference(stack="base", output="Name"))
        add_topic(builder, DisplayName=password, TopicName=name)

    template = built(fill)
    assert template.document["Parameters"]["Password"] == {"Type": "String", "NoEcho": True}
    assert template.dependencies == ("base",)


def database(password: str) -> Callable[[TemplateBuilder], None]:
    def fill(builder: TemplateBuilder) -> None:
        builder.add(
            rds.DBInstance(
                "Database",
                AllocatedStorage="20",
                DBInstanceClass="db.t4g.micro",
                Engine="postgres",
                MasterUsername="shop",
                MasterUserPassword=password,
            )
        )

    return fill


@pytest.mark.parametrize(
    "password", [secure_ssm_reference("/db"), secret_reference("db", json_key="password")]
)
def test_a_secret_stands_in_a_template_only_as_a_reference(password: str) -> None:
    template = built(database(password))
    properties = template.document["Resources"]["Database"]["Properties"]
    assert properties["MasterUserPassword"] == password
    assert not template.parameters


def test_a_secure_string_where_cloudformation_takes_none_is_refused_when_it_is_built() -> None:
    with pytest.raises(InvalidInputError) as caught:
        built(lambda builder: add_topic(builder, DisplayName=secure_ssm_reference("/name")))
    assert caught.value.message.startswith(
        "stacks/made/Resources/Topic/Properties/DisplayName: CloudFormation takes no ssm-secure"
    )
