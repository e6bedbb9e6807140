import pytest

from cdinfra.local.hosts.balancer.addresses import candidate_addresses, choose_address


def test_the_same_name_has_the_same_address() -> None:
    first = choose_address("shop", (), answers=lambda _: False)
    assert first == choose_address("shop", (), answers=lambda _: False)
    assert first != choose_address("other", (), answers=lambda _: False)
    assert first.startswith("127.77.")


def test_an_address_at_which_somebody_answers_is_passed_over() -> None:
    first, second, third, *_ = candidate_addresses("shop")
    assert choose_address("shop", (first,), answers=lambda each: each == second) == third


def test_where_all_answer_the_preferred_one_is_taken() -> None:
    first = next(candidate_addresses("shop"))
    assert choose_address("shop", (), answers=lambda _: True) == first


@pytest.mark.parametrize("name", ["", "shop", "x" * 1000])
def test_no_address_is_that_of_a_network(name: str) -> None:
    assert not [each for each in candidate_addresses(name) if each.endswith((".0", ".255"))]
