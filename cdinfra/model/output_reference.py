"""A value that another stack of the app gives."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputReference:
    """An output of another stack of the same app.

    Attributes:
        stack: Name of the stack within the app.
        output: Key of the output.
        parameter_type: CloudFormation type of the parameter that receives it.
    """

    stack: str
    output: str
    parameter_type: str = "String"

    def __str__(self) -> str:
        """Return the reference as a plan names it: ``network.VpcId``."""
        return f"{self.stack}.{self.output}"


SettingValue: TypeAlias = str | OutputReference
"""What a setting takes as an ARN: the text itself, or another stack's output."""
