import re

import pytest

from cdinfra.local.cloudformation import limits


def test_a_template_in_a_bucket_may_be_larger_than_one_in_a_request() -> None:
    assert limits.TEMPLATE_BODY_BYTES == 51_200
    assert limits.TEMPLATE_URL_BYTES == 1_000_000


def test_every_count_and_size_is_positive() -> None:
    numbers = {
        name: value
        for name, value in vars(limits).items()
        if name.isupper() and isinstance(value, int)
    }
    assert len(numbers) > 20
    assert all(value > 0 for value in numbers.values())


@pytest.mark.parametrize("pattern", [limits.STACK_NAME_PATTERN, limits.CHANGE_SET_NAME_PATTERN])
def test_names_start_with_a_letter_and_hold_letters_digits_and_hyphens(pattern: str) -> None:
    assert re.fullmatch(pattern, "shop-dev-web2")
    for name in ("1shop", "-shop", "shop_dev", "shop dev", ""):
        assert not re.fullmatch(pattern, name)


def test_a_token_may_start_with_a_digit() -> None:
    assert re.fullmatch(limits.CLIENT_REQUEST_TOKEN_PATTERN, "1-a")
    assert not re.fullmatch(limits.CLIENT_REQUEST_TOKEN_PATTERN, "-a")
