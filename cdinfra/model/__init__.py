"""What an app is: stacks, the references between them, environments and names.

Plain values without troposphere, boto3 or click, so that every layer above can
import them at no cost.
"""

from cdinfra.model.app import App
from cdinfra.model.context import BuildContext
from cdinfra.model.deployable import Deployable
from cdinfra.model.hook import Hook, On, When
from cdinfra.model.names import check_name
from cdinfra.model.on_failure import OnFailure
from cdinfra.model.output_reference import OutputReference, Value
from cdinfra.model.settings import StackSettings
from cdinfra.model.settings_object import parse_settings, settings_object
from cdinfra.model.source_line import SourceLine
from cdinfra.model.stack import (
    Literal,
    ParameterSource,
    Retained,
    StackDefinition,
    StackTemplate,
)

__all__ = [
    "App",
    "BuildContext",
    "Deployable",
    "Hook",
    "Literal",
    "On",
    "OnFailure",
    "OutputReference",
    "ParameterSource",
    "Retained",
    "SourceLine",
    "StackDefinition",
    "StackSettings",
    "StackTemplate",
    "Value",
    "When",
    "check_name",
    "parse_settings",
    "settings_object",
]
