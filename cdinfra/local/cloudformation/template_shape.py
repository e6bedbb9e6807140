"""The shape of a template: its sections, their entries, their names and numbers.

Source of the texts: the service's answers, as quoted in public threads and recorded by
projects that test against it.
"""

import re
from collections.abc import Callable
from typing import Final

from cdinfra.local.cloudformation import limits
from cdinfra.model.template_text import Document, TemplateError

LANGUAGE_EXTENSIONS: Final = "AWS::LanguageExtensions"
"""The one transform that is carried: it allows a few more functions and changes nothing else."""

_SECTIONS: Final = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Hooks",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
        "Transform",
    }
)
_RESOURCE_KEYS: Final = frozenset(
    {
        "Condition",
        "CreationPolicy",
        "DeletionPolicy",
        "DependsOn",
        "Metadata",
        "Properties",
        "Type",
        "UpdatePolicy",
        "UpdateReplacePolicy",
    }
)
_PARAMETER_KEYS: Final = frozenset(
    {
        "AllowedPattern",
        "AllowedValues",
        "ConstraintDescription",
        "Default",
        "Description",
        "MaxLength",
        "MaxValue",
        "MinLength",
        "MinValue",
        "NoEcho",
        "Type",
    }
)
_DELETION_POLICIES: Final = frozenset({"Delete", "Retain", "RetainExceptOnCreate", "Snapshot"})
_SNAPSHOT_TYPES: Final = frozenset(
    {
        "AWS::DocDB::DBCluster",
        "AWS::EC2::Volume",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::Neptune::DBCluster",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::Redshift::Cluster",
    }
)
"""Source: CloudFormation User Guide, "DeletionPolicy attribute"."""

_AWS_TYPE: Final = r"AWS::(?!SSM::Parameter::)[A-Za-z0-9:]+"
_PARAMETER_TYPE: Final = re.compile(
    r"String|Number|List<(?:String|Number)>|CommaDelimitedList|AWS::SSM::Parameter::Name"
    rf"|AWS::SSM::Parameter::Value<(?:String|List<String>|CommaDelimitedList|{_AWS_TYPE}"
    rf"|List<{_AWS_TYPE}>)>|{_AWS_TYPE}|List<{_AWS_TYPE}>"
)
"""Source: CloudFormation User Guide, "Specify existing resources at runtime with
CloudFormation-supplied parameter types".
"""

_ALPHANUMERIC: Final = re.compile(r"[A-Za-z0-9]+")


def check_document(document: Document, *, size: int) -> None:
    """Check the shape of a document: sections, entries, names, limits.

    Args:
        document: The parsed body.
        size: Bytes of the body.

    Raises:
        TemplateError: The shape is wrong.
    """
    if size > limits.TEMPLATE_URL_BYTES:
        raise TemplateError(f"Template may not exceed {limits.TEMPLATE_URL_BYTES} bytes in size.")
    _check_sections(document)
    _check_description(document)
    _check_entries(document, "Parameters", "Parameter", limits.PARAMETERS, _check_parameter)
    _check_entries(document, "Mappings", "Mapping", limits.MAPPINGS, _check_mapping)
    _check_entries(document, "Conditions", "Condition", None, _check_nothing)
    _check_entries(document, "Rules", "Rule", None, _check_rule)
    _check_entries(document, "Resources", "Resource", limits.RESOURCES, _check_resource)
    _check_entries(document, "Outputs", "Output", limits.OUTPUTS, _check_output)
    both = document.get("Parameters", {}).keys() & document.get("Resources", {}).keys()
    if both:
        raise TemplateError(
            "Template format error: Parameters and Resources must have different names: "
            f"[{', '.join(sorted(both))}]"
        )
    if not document.get("Resources"):
        raise TemplateError("Template format error: At least one Resources member must be defined.")


def _check_sections(document: Document) -> None:
    if unknown := sorted(set(document) - _SECTIONS):
        raise TemplateError(f"Invalid template property or properties [{', '.join(unknown)}]")
    version = document.get("AWSTemplateFormatVersion", "2010-09-09")
    if version != "2010-09-09":
        raise TemplateError(
            f"Template format error: AWSTemplateFormatVersion must be 2010-09-09, found {version}."
        )
    not_carried = [name for name in transforms_of(document) if name != LANGUAGE_EXTENSIONS]
    if "Hooks" in document:
        not_carried.append("Hooks")
    if not_carried:
        raise TemplateError(
            f"The local cloud carries no transforms but {LANGUAGE_EXTENSIONS}: "
            + ", ".join(not_carried)
        )


def transforms_of(document: Document) -> tuple[str, ...]:
    """Return the names of the transforms that a document asks for."""
    transforms = document.get("Transform", ())
    entries = transforms if isinstance(transforms, list | tuple) else (transforms,)
    return tuple(
        str(entry.get("Name")) if isinstance(entry, dict) else str(entry) for entry in entries
    )


def _check_description(document: Document) -> None:
    description = document.get("Description", "")
    if not isinstance(description, str):
        raise TemplateError("Template format error: Description must be a string.")
    if len(description.encode()) > limits.TEMPLATE_DESCRIPTION_BYTES:
        raise TemplateError(
            "Template format error: 'Description' length is greater than "
            f"{limits.TEMPLATE_DESCRIPTION_BYTES}."
        )


def _check_entries(
    document: Document,
    section: str,
    word: str,
    limit: int | None,
    check: Callable[[str, Document], None],
) -> None:
    entries = document.get(section, {})
    if not isinstance(entries, dict):
        raise TemplateError(f"Template format error: {section} must be an object.")
    if limit is not None and len(entries) > limit:
        raise TemplateError(
            f"Template format error: Number of {section.lower()}, {len(entries)}, is greater than "
            f"maximum allowed, {limit}"
        )
    for name, entry in entries.items():
        if name.startswith("Fn::ForEach"):
            raise TemplateError(f"The local cloud does not carry the loop {name}")
        if section not in ("Mappings", "Rules") and not _ALPHANUMERIC.fullmatch(name):
            raise TemplateError(f"Template format error: {word} name {name} is non alphanumeric.")
        if len(name) > limits.NAME_CHARACTERS:
            raise TemplateError(
                f"Template format error: {word} name {name} is longer than "
                f"{limits.NAME_CHARACTERS} characters."
            )
        if not isinstance(entry, dict):
            raise TemplateError(_not_an_object(section, name))
        check(name, entry)


def _not_an_object(section: str, name: str) -> str:
    if section == "Mappings":
        return f"Template format error: Every Mappings member {name} must be a map"
    return f"Template format error: Any {section} member must be an object."


def _check_nothing(_name: str, _entry: Document) -> None:
    pass


def _check_parameter(name: str, entry: Document) -> None:
    if "Type" not in entry:
        raise TemplateError(
            "Template format error: Every Parameters object must contain a Type member."
        )
    if unknown := sorted(set(entry) - _PARAMETER_KEYS):
        raise TemplateError(f"Invalid template parameter property '{unknown[0]}'")
    if not isinstance(entry["Type"], str) or not known_parameter_type(entry["Type"]):
        raise TemplateError(f"Template format error: Unrecognized parameter type: {entry['Type']}")
    if not isinstance(entry.get("AllowedValues", []), list):
        raise TemplateError("Template format error: Every AllowedValues member must be a list.")
    if isinstance(entry.get("Default", ""), dict | list):
        raise TemplateError(
            f"Template format error: Every Default member must be a string. ({name})"
        )


def known_parameter_type(parameter_type: str) -> bool:
    """Return whether CloudFormation has such a type of parameters."""
    return _PARAMETER_TYPE.fullmatch(parameter_type) is not None


def _check_mapping(name: str, entry: Document) -> None:
    if len(entry) > limits.MAPPING_ATTRIBUTES:
        raise TemplateError(
            f"Template format error: Mapping {name} has more than {limits.MAPPING_ATTRIBUTES} keys."
        )
    for values in entry.values():
        if not isinstance(values, dict):
            raise TemplateError(
                f"Template format error: Every Mappings member {name} must be a map"
            )
        if any(isinstance(value, dict) for value in values.values()):
            raise TemplateError(
                "Template format error: Every Mappings attribute must be a String or a List."
            )


def _check_rule(name: str, entry: Document) -> None:
    assertions = entry.get("Assertions")
    if not isinstance(assertions, list) or any(
        not isinstance(item, dict) or "Assert" not in item for item in assertions
    ):
        raise TemplateError(
            f"Template format error: Rule {name} must have Assertions, each with an Assert."
        )


def _check_resource(name: str, entry: Document) -> None:
    if "Type" not in entry:
        raise TemplateError(
            f"Template format error: [/Resources/{name}] "
            "Every Resources object must contain a Type member."
        )
    if not isinstance(entry["Type"], str):
        raise TemplateError(f"Template format error: [/Resources/{name}/Type] must be a string.")
    if unknown := sorted(set(entry) - _RESOURCE_KEYS):
        raise TemplateError(f"Invalid template resource property '{unknown[0]}'")
    for key in ("Properties", "Metadata", "CreationPolicy", "UpdatePolicy"):
        if not isinstance(entry.get(key, {}), dict):
            raise TemplateError(
                f"Template format error: [/Resources/{name}/{key}] {key} must be an object."
            )
    _check_depends_on(name, entry.get("DependsOn", ()))
    if not isinstance(entry.get("Condition", ""), str):
        raise TemplateError(
            f"Template format error: [/Resources/{name}/Condition] Every Condition member must be "
            "a string."
        )
    _check_policies(name, entry)


def _check_depends_on(name: str, depends_on: object) -> None:
    names = depends_on if isinstance(depends_on, list | tuple) else (depends_on,)
    if not all(isinstance(item, str) for item in names):
        raise TemplateError(
            f"Template format error: [/Resources/{name}/DependsOn] "
            "Every DependsOn value must be a string."
        )


def _check_policies(name: str, entry: Document) -> None:
    for key in ("DeletionPolicy", "UpdateReplacePolicy"):
        policy = entry.get(key, "Delete")
        allowed = _DELETION_POLICIES - (
            {"RetainExceptOnCreate"} if key == "UpdateReplacePolicy" else set()
        )
        if not isinstance(policy, str) or policy not in allowed:
            raise TemplateError(
                f"Template format error: Unrecognized {key} {policy} for resource {name}"
            )
        if policy == "Snapshot" and entry["Type"] not in _SNAPSHOT_TYPES:
            raise TemplateError(
                f"Template error: resource type {entry['Type']} does not support "
                "deletion policy Snapshot"
            )


def _check_output(name: str, entry: Document) -> None:
    if "Value" not in entry:
        raise TemplateError(
            "Template format error: Every Outputs member must contain a Value object"
        )
    if unknown := sorted(set(entry) - {"Value", "Description", "Export", "Condition"}):
        raise TemplateError(f"Invalid template output property '{unknown[0]}'")
    export = entry.get("Export", {"Name": ""})
    if not isinstance(export, dict) or set(export) != {"Name"}:
        raise TemplateError(
            f"Template format error: [/Outputs/{name}/Export] Export must have a Name, and "
            "nothing else."
        )
