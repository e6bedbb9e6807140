import doctest
import importlib
import pkgutil

import pytest

import cdinfra.stacks

MODULES = [
    module.name
    for module in pkgutil.walk_packages(cdinfra.stacks.__path__, f"{cdinfra.stacks.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_docstring_run(name: str) -> None:
    module = importlib.import_module(name)
    names = {key: getattr(cdinfra.stacks, key) for key in cdinfra.stacks.__all__}
    result = doctest.testmod(module, extraglobs=names)
    assert result.failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    modules = [importlib.import_module(name) for name in MODULES]
    assert sum(len(test.examples) for m in modules for test in finder.find(m)) >= 15
