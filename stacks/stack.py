"""The base of every stack class."""

from abc import ABC, abstractmethod
from types import FunctionType
from typing import ClassVar

from cdinfra.model import BuildContext, OutputReference, StackTemplate, check_name
from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.made_by import noting_what_it_makes


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

    def __init_subclass__(cls) -> None:
        """Let every ``build_*`` method note which resource it makes."""
        super().__init_subclass__()
        for name, member in tuple(vars(cls).items()):
            if name.startswith("build_") and isinstance(member, FunctionType):
                setattr(cls, name, noting_what_it_makes(member))

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
        builder.trace(self.add_resources)
        self.customize(builder)
        builder.trace(self.customize)
        return builder.build()

    def output(self, key: str, parameter_type: str = "String") -> OutputReference:
        """Refer to one of this stack's outputs, for use in another stack."""
        return OutputReference(stack=self.name, output=key, parameter_type=parameter_type)
