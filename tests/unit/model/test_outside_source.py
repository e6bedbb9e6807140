from collections.abc import Callable

import pytest

from cdinfra.errors import InvalidInputError
from cdinfra.model import FromEnvironment, FromFile, FromSsm, StackOutput


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: FromEnvironment(""), "FromEnvironment/name: '' is no name"),
        (lambda: FromEnvironment("A-B"), "FromEnvironment/name: 'A-B' is no name"),
        (lambda: FromEnvironment("A", default=7), "FromEnvironment/default: 7 is no default"),
        (lambda: FromFile(""), "FromFile/path: '' is no path"),
        (lambda: FromFile("notes.txt", key="a"), "FromFile/key: notes.txt has no keys"),
        (lambda: FromFile("a.json", key=""), "FromFile/key: '' is no key"),
        (lambda: FromSsm("/a b"), "FromSsm/name: '/a b' is no name"),
        (lambda: StackOutput("1dns", "ZoneId"), "StackOutput/stack_name: '1dns' is no stack name"),
        (lambda: StackOutput("dns", "Zone-Id"), "StackOutput/key: 'Zone-Id' is no key"),
        (lambda: StackOutput("dns", "Id", region="us"), "StackOutput/region: 'us' is no region"),
    ],
)
def test_a_wrong_name_is_refused_where_it_is_written(
    make: Callable[[], object], problem: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        make()
    assert problem in caught.value.message


def test_an_empty_default_is_a_value() -> None:
    assert FromEnvironment("SUFFIX", default="").default == ""
