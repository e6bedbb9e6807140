"""What an app is: stacks, the references between them, environments and names.

Plain values without troposphere, boto3 or click, so that every layer above can
import them at no cost.
"""

from cdinfra.model.app import App
from cdinfra.model.context import BuildContext
from cdinfra.model.deployable import Deployable
from cdinfra.model.names import check_name
from cdinfra.model.source_line import SourceLine
from cdinfra.model.stack import (
    Literal,
    OutputReference,
    ParameterSource,
    Retained,
    StackDefinition,
    StackTemplate,
    Value,
)

__all__ = [
    "App",
    "BuildContext",
    "Deployable",
    "Literal",
    "OutputReference",
    "ParameterSource",
    "Retained",
    "SourceLine",
    "StackDefinition",
    "StackTemplate",
    "Value",
    "check_name",
]
