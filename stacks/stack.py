"""The base of every stack class."""

from abc import ABC, abstractmethod
from typing import ClassVar

from cdinfra.model import BuildContext, OutputReference, StackTemplate, check_name
from cdinfra.stacks.builder import TemplateBuilder


class Stack(ABC):
    """One deployable stack.

    Subclass it to write a stack of your own: :meth:`add_resources` adds everything.
    Subclass one of the shipped classes to change it: :meth:`customize` runs last and may
    add, change or remove anything in ``builder.template``.

    Args:
        name: Name within the app.

    Raises:
        InvalidInputError: The name is not valid.
    """

    foundational: ClassVar[bool] = False
    description: ClassVar[str] = ""

    def __init__(self, name: str) -> None:
        self.name = check_name("stack", name)

    @abstractmethod
    def add_resources(self, builder: TemplateBuilder) -> None:
        """Add the stack's parameters, resources and outputs."""

    def customize(self, builder: TemplateBuilder) -> None:  # noqa: B027 - a hook, not a duty
        """Change the finished template: a hook for subclasses, empty here."""

    def build(self, context: BuildContext) -> StackTemplate:
        """Build the template; the same input gives the same template."""
        builder = TemplateBuilder(self.name, context, description=self.description)
        self.add_resources(builder)
        self.customize(builder)
        return builder.build()

    def output(self, key: str, parameter_type: str = "String") -> OutputReference:
        """Refer to one of this stack's outputs, for use in another stack."""
        return OutputReference(stack=self.name, output=key, parameter_type=parameter_type)
