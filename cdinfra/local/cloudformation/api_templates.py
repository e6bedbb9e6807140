"""The calls about templates."""

from types import MappingProxyType

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation.api_call import Answer, Call, Handler
from cdinfra.local.cloudformation.api_error import ApiError, stack_missing
from cdinfra.local.cloudformation.api_views import View, without_empty
from cdinfra.local.cloudformation.change_sets import find_change_set
from cdinfra.local.cloudformation.schema import load_schema
from cdinfra.local.cloudformation.state import StackVersion
from cdinfra.local.cloudformation.submission import load_template_body, parse_body
from cdinfra.local.cloudformation.template import (
    ParameterDefinition,
    Template,
    needed_capabilities,
)


def get_template(call: Call) -> Answer:
    """GetTemplate: no transform changes a template here, so both stages are the same."""
    if call.text("ChangeSetName"):
        if not call.text("StackName") and not call.text("ChangeSetName").startswith("arn:"):
            raise ApiError("StackName is a required parameter.")
        version: StackVersion | None = find_change_set(call.state, call.given).version
    else:
        if not call.text("StackName"):
            raise ApiError("StackName is required if ChangeSetName is not specified.")
        version = _version_of(call)
    return {
        "TemplateBody": version.template.body if version else "",
        "StagesAvailable": ["Original", "Processed"],
    }


def get_template_summary(call: Call) -> Answer:
    """GetTemplateSummary."""
    if call.text("StackName"):
        stack = call.state.find(call.text("StackName"))
        if stack is not None and stack.status is StackStatus.REVIEW_IN_PROGRESS:
            raise ApiError("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
        version = _version_of(call)
        if version is None:
            raise stack_missing(call.text("StackName"))
        template = version.template
    else:
        template = _given_template(call)
    types = tuple(dict.fromkeys(one.resource_type for one in template.resources.values()))
    return _described(template) | without_empty(
        {
            "ResourceTypes": list(types),
            "Version": template.document.get("AWSTemplateFormatVersion"),
            "Metadata": str(template.metadata) if template.metadata else None,
            "Parameters": [_declaration(one) for one in template.parameters.values()],
            "ResourceIdentifierSummaries": [_identifiers(template, one) for one in types],
        }
    )


def validate_template(call: Call) -> Answer:
    """ValidateTemplate."""
    template = _given_template(call)
    return _described(template) | {
        "Parameters": [
            without_empty(
                {
                    "ParameterKey": one.name,
                    "DefaultValue": one.default,
                    "NoEcho": one.no_echo,
                    "Description": one.description,
                }
            )
            for one in template.parameters.values()
        ]
    }


def _version_of(call: Call) -> StackVersion | None:
    stack = call.state.find(call.text("StackName"))
    if stack is None:
        raise stack_missing(call.text("StackName"))
    return stack.version


def _given_template(call: Call) -> Template:
    clients = call.engine.services.clients(call.state.region, call.state.account)
    return parse_body(load_template_body(call.given, clients, previous=None))


def _described(template: Template) -> View:
    capabilities, reason = needed_capabilities(template)
    return without_empty(
        {
            "Description": template.description,
            "Capabilities": list(capabilities) or None,
            "CapabilitiesReason": reason,
            "DeclaredTransforms": list(template.transforms) or None,
        }
    )


def _declaration(parameter: ParameterDefinition) -> View:
    return without_empty(
        {
            "ParameterKey": parameter.name,
            "DefaultValue": parameter.default,
            "ParameterType": parameter.parameter_type,
            "NoEcho": parameter.no_echo,
            "Description": parameter.description,
            "ParameterConstraints": {"AllowedValues": list(parameter.allowed_values)}
            if parameter.allowed_values
            else {},
        }
    )


def _identifiers(template: Template, resource_type: str) -> View:
    schema = load_schema(resource_type)
    identifiers = ["/".join(one) for one in schema.primary_identifier] if schema else []
    return {
        "ResourceType": resource_type,
        "LogicalResourceIds": [
            one.logical_id
            for one in template.resources.values()
            if one.resource_type == resource_type
        ],
        "ResourceIdentifiers": identifiers,
    }


HANDLERS: MappingProxyType[str, Handler] = MappingProxyType(
    {
        "GetTemplate": get_template,
        "GetTemplateSummary": get_template_summary,
        "ValidateTemplate": validate_template,
    }
)
