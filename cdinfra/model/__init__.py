"""What an app is: stacks, the references between them, environments and names.

Plain values without troposphere, boto3 or click, so that every layer above can
import them at no cost.
"""

from cdinfra.model.app import App
from cdinfra.model.context import BuildContext
from cdinfra.model.deployable import Deployable
from cdinfra.model.dynamic_reference import secret_reference, secure_ssm_reference
from cdinfra.model.hook import Hook, On, When
from cdinfra.model.names import check_name
from cdinfra.model.notification import Notification, Topic, Webhook
from cdinfra.model.on_failure import OnFailure
from cdinfra.model.output_reference import OutputReference
from cdinfra.model.outside_source import (
    FromEnvironment,
    FromFile,
    FromSsm,
    OutsideSource,
    StackOutput,
)
from cdinfra.model.place import HOME, Place
from cdinfra.model.settings import StackSettings
from cdinfra.model.settings_object import parse_settings, settings_object
from cdinfra.model.source_line import SourceLine
from cdinfra.model.stack import (
    Literal,
    ParameterSource,
    Retained,
    StackDefinition,
    StackTemplate,
    Value,
)

__all__ = [
    "HOME",
    "App",
    "BuildContext",
    "Deployable",
    "FromEnvironment",
    "FromFile",
    "FromSsm",
    "Hook",
    "Literal",
    "Notification",
    "On",
    "OnFailure",
    "OutputReference",
    "OutsideSource",
    "ParameterSource",
    "Place",
    "Retained",
    "SourceLine",
    "StackDefinition",
    "StackOutput",
    "StackSettings",
    "StackTemplate",
    "Topic",
    "Value",
    "Webhook",
    "When",
    "check_name",
    "parse_settings",
    "secret_reference",
    "secure_ssm_reference",
    "settings_object",
]
