"""Sources of a parameter's value outside of the app: the deployer reads them when it plans.

The values here are only names: reading the environment, files or AWS is the deployer's
part, so that a template is the same whoever builds it, and wherever.
"""

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model.place import REGION_PATTERN

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Names that every shell can set. Source: POSIX.1-2017, XBD 8.1."""

_SSM_NAME = re.compile(r"[A-Za-z0-9_./-]{1,1011}")
"""Source: SSM API reference, PutParameter, Name."""

_TEXT = re.compile(r".*", re.DOTALL)
_NOT_EMPTY = re.compile(r".+")

_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
"""Source: CloudFormation API reference, CreateStack, StackName."""

_OUTPUT_KEY = re.compile(r"[A-Za-z0-9]{1,255}")
"""Source: CloudFormation user guide, "Outputs"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FromEnvironment:
    """A variable of the environment that the deployer runs in.

    Attributes:
        name: Name of the variable.
        default: The value where it is not set; None makes that an error.
        parameter_type: CloudFormation type of the parameter that receives it.

    Raises:
        InvalidInputError: It is no name of a variable, or the default is no string.
    """

    name: str = field(kw_only=False)
    default: str | None = None
    parameter_type: str = "String"

    def __post_init__(self) -> None:
        """Check the name."""
        _check("FromEnvironment", "name", self.name, _VARIABLE, "for example 'SHOP_DOMAIN'")
        if self.default is not None:
            _check("FromEnvironment", "default", self.default, _TEXT, "write it as a string")


@dataclass(frozen=True, slots=True, kw_only=True)
class FromFile:
    """What a file holds: its text, or one value of a JSON or YAML file.

    Attributes:
        path: The file; a relative path starts at the folder of ``infra.py``.
        key: The keys that lead to the value, joined by dots: ``database.size``. None
            for the whole text, without line breaks at its end.
        parameter_type: CloudFormation type of the parameter that receives it.

    Raises:
        InvalidInputError: A key is given for a file that is neither JSON nor YAML.
    """

    path: str = field(kw_only=False)
    key: str | None = None
    parameter_type: str = "String"

    def __post_init__(self) -> None:
        """Check path and key."""
        _check("FromFile", "path", self.path, _NOT_EMPTY, "for example 'config.yaml'")
        if self.key is not None:
            _check("FromFile", "key", self.key, _NOT_EMPTY, "for example 'database.size'")
        if self.key is not None and not self.path.endswith((".json", ".yaml", ".yml")):
            _refuse("FromFile/key", f"{self.path} has no keys", "name a .json, .yaml or .yml file")


@dataclass(frozen=True, slots=True, kw_only=True)
class FromSsm:
    """A parameter of type ``String`` or ``StringList`` in the SSM Parameter Store.

    It is read in the stack's own region and account.

    Attributes:
        name: Its name, for example ``/shop/domain``.
        parameter_type: CloudFormation type of the parameter that receives it.

    Raises:
        InvalidInputError: It is no name of a parameter.
    """

    name: str = field(kw_only=False)
    parameter_type: str = "String"

    def __post_init__(self) -> None:
        """Check the name."""
        _check("FromSsm", "name", self.name, _SSM_NAME, "for example '/shop/domain'")


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOutput:
    """An output of a stack that is no part of the app.

    It is read with the caller's rights in the account of the stack that gets it.

    Attributes:
        stack_name: CloudFormation name of the stack.
        key: Key of the output.
        region: Region of that stack; None for the region of the stack that gets it.
        parameter_type: CloudFormation type of the parameter that receives it.

    Raises:
        InvalidInputError: A name is not valid.
    """

    stack_name: str = field(kw_only=False)
    key: str = field(kw_only=False)
    region: str | None = None
    parameter_type: str = "String"

    def __post_init__(self) -> None:
        """Check the names."""
        _check("StackOutput", "stack_name", self.stack_name, _STACK_NAME, "for example 'dns-prod'")
        _check("StackOutput", "key", self.key, _OUTPUT_KEY, "for example 'ZoneId'")
        if self.region is not None:
            _check("StackOutput", "region", self.region, REGION_PATTERN, "for example 'us-east-1'")


OutsideSource: TypeAlias = FromEnvironment | FromFile | FromSsm | StackOutput
"""A source outside of the app."""


def _check(kind: str, name: str, value: object, pattern: re.Pattern[str], hint: str) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        _refuse(f"{kind}/{name}", f"{value!r} is no {name.replace('_', ' ')}", hint)


def _refuse(path: str, message: str, hint: str = "") -> None:
    raise InvalidInputError(Problem(path=path, message=message, hint=hint))
