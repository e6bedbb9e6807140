import re

from cdinfra.local.cloudformation import limits


def test_a_template_in_a_bucket_may_be_larger_than_one_in_a_request() -> None:
    assert limits.TEMPLATE_BODY_BYTES == 51_200
    assert limits.TEMPLATE_URL_BYTES == 1_000_000


def test_names_start_with_a_letter_and_hold_letters_digits_and_hyphens() -> None:
    assert re.fullmatch(limits.STACK_NAME_PATTERN, "shop-dev-web2")
    for name in ("1shop", "-shop", "shop_dev", "shop dev", ""):
        assert not re.fullmatch(limits.STACK_NAME_PATTERN, name)
