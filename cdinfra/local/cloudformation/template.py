"""A CloudFormation template, parsed and checked as CloudFormation itself checks it first.

``parse_template`` refuses what the service refuses before it makes anything, in the service's
own words. What depends on parameters or on existing resources is resolved later, by
``cdinfra.local.cloudformation.intrinsics``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdinfra.local.cloudformation.template_shape import check_document, transforms_of
from cdinfra.model.template_text import Document, TemplateError, load_body

__all__ = [
    "OutputDefinition",
    "ParameterDefinition",
    "ResourceDefinition",
    "Template",
    "TemplateError",
    "needed_capabilities",
    "parse_template",
]

_IAM_TYPES: Final[Mapping[str, str]] = {
    "AWS::IAM::AccessKey": "",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::GroupPolicy": "",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": "",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::RolePolicy": "",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserPolicy": "",
    "AWS::IAM::UserToGroupAddition": "",
}
"""Types that need CAPABILITY_IAM, and the property that makes it CAPABILITY_NAMED_IAM.

Source: CloudFormation API Reference, "CreateStack", ``Capabilities``.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceDefinition:
    """One entry of the ``Resources`` section, with its functions unresolved."""

    logical_id: str
    resource_type: str
    properties: Mapping[str, Any]
    depends_on: tuple[str, ...]
    condition: str | None
    creation_policy: Mapping[str, Any]
    update_policy: Mapping[str, Any]
    deletion_policy: str
    update_replace_policy: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterDefinition:
    """One entry of the ``Parameters`` section; numbers of the template are strings here."""

    name: str
    parameter_type: str
    default: str | None
    allowed_values: tuple[str, ...]
    allowed_pattern: str | None
    min_length: int | None
    max_length: int | None
    min_value: float | None
    max_value: float | None
    no_echo: bool
    constraint_description: str | None
    description: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputDefinition:
    """One entry of the ``Outputs`` section, with its functions unresolved."""

    key: str
    value: Any
    description: str | None
    export_name: Any
    condition: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A checked template.

    Attributes:
        body: The text as it was given; ``GetTemplate`` returns it.
        document: The whole document as plain data, short tags as ``Fn::…``.
        conditions: Unresolved, by name.
        rules: Unresolved, by name.
    """

    body: str
    document: Mapping[str, Any]
    description: str | None
    parameters: Mapping[str, ParameterDefinition]
    mappings: Mapping[str, Mapping[str, Mapping[str, Any]]]
    conditions: Mapping[str, Any]
    rules: Mapping[str, Any]
    resources: Mapping[str, ResourceDefinition]
    outputs: Mapping[str, OutputDefinition]
    metadata: Mapping[str, Any]
    transforms: tuple[str, ...]


def parse_template(body: str) -> Template:
    """Parse and check a template, JSON or YAML.

    Raises:
        TemplateError: CloudFormation would refuse it, or it needs a transform.
    """
    # Imported here because the checks read these classes.
    from cdinfra.local.cloudformation.template_checks import check_template  # noqa: PLC0415

    document = load_body(body)
    check_document(document, size=len(body.encode()))
    template = Template(
        body=body,
        document=document,
        description=document.get("Description"),
        parameters={
            name: _parameter(name, entry) for name, entry in document.get("Parameters", {}).items()
        },
        mappings=document.get("Mappings", {}),
        conditions=document.get("Conditions", {}),
        rules=document.get("Rules", {}),
        resources={
            logical_id: _resource(logical_id, entry)
            for logical_id, entry in document["Resources"].items()
        },
        outputs={key: _output(key, entry) for key, entry in document.get("Outputs", {}).items()},
        metadata=document.get("Metadata", {}),
        transforms=transforms_of(document),
    )
    check_template(template)
    return template


def needed_capabilities(template: Template) -> tuple[tuple[str, ...], str]:
    """Return the capabilities that a template needs, and CloudFormation's reason for them.

    ``CAPABILITY_NAMED_IAM`` stands alone: it contains ``CAPABILITY_IAM``. ``((), "")`` where
    none is needed.
    """
    expand = ("CAPABILITY_AUTO_EXPAND",) if template.transforms else ()
    needing = [
        resource for resource in template.resources.values() if resource.resource_type in _IAM_TYPES
    ]
    if not needing:
        reason = (
            f"The following transform(s) require capabilities: [{', '.join(template.transforms)}]"
        )
        return expand, reason if expand else ""
    named = any(_IAM_TYPES[item.resource_type] in item.properties for item in needing)
    types = ", ".join(sorted({item.resource_type for item in needing}))
    return (
        ("CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM", *expand),
        f"The following resource(s) require capabilities: [{types}]",
    )


def text_of(value: object) -> str:
    """Return a scalar of a template as the string that CloudFormation makes of it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _resource(logical_id: str, entry: Document) -> ResourceDefinition:
    depends_on = entry.get("DependsOn", ())
    return ResourceDefinition(
        logical_id=logical_id,
        resource_type=entry["Type"],
        properties=entry.get("Properties", {}),
        depends_on=(depends_on,) if isinstance(depends_on, str) else tuple(depends_on),
        condition=entry.get("Condition"),
        creation_policy=entry.get("CreationPolicy", {}),
        update_policy=entry.get("UpdatePolicy", {}),
        deletion_policy=entry.get("DeletionPolicy", "Delete"),
        update_replace_policy=entry.get("UpdateReplacePolicy", "Delete"),
        metadata=entry.get("Metadata", {}),
    )


def _parameter(name: str, entry: Document) -> ParameterDefinition:
    default = entry.get("Default")
    return ParameterDefinition(
        name=name,
        parameter_type=entry["Type"],
        default=None if default is None else text_of(default),
        allowed_values=tuple(text_of(value) for value in entry.get("AllowedValues", ())),
        allowed_pattern=entry.get("AllowedPattern"),
        min_length=_integer(name, entry, "MinLength"),
        max_length=_integer(name, entry, "MaxLength"),
        min_value=_number(name, entry, "MinValue"),
        max_value=_number(name, entry, "MaxValue"),
        no_echo=text_of(entry.get("NoEcho", False)).lower() == "true",
        constraint_description=entry.get("ConstraintDescription"),
        description=entry.get("Description"),
    )


def _number(name: str, entry: Document, key: str) -> float | None:
    try:
        return float(entry[key]) if key in entry else None
    except (TypeError, ValueError) as error:
        raise TemplateError(
            f"Template format error: {key} of parameter {name} must be a number."
        ) from error


def _integer(name: str, entry: Document, key: str) -> int | None:
    number = _number(name, entry, key)
    return None if number is None else int(number)


def _output(key: str, entry: Document) -> OutputDefinition:
    return OutputDefinition(
        key=key,
        value=entry["Value"],
        description=entry.get("Description"),
        export_name=entry.get("Export", {}).get("Name"),
        condition=entry.get("Condition"),
    )
