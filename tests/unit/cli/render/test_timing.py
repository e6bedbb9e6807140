import pytest

from cdinfra.cli.render.timing import expectation, is_late, sentence


@pytest.mark.parametrize(("elapsed", "late"), [(0, False), (299, False), (330, False), (400, True)])
def test_only_what_takes_clearly_longer_is_late(elapsed: float, late: bool) -> None:
    assert is_late(elapsed, 300) is late


def test_where_nothing_is_known_nothing_is_late_and_nothing_is_said() -> None:
    assert not is_late(1e9, None)
    assert expectation(1e9, None) == ""
    assert sentence(250, None) == "4 min 10 s"


def test_the_words_say_whether_it_takes_longer() -> None:
    assert expectation(250, 300) == "of ~5 min 00 s"
    assert expectation(430, 300) == "over ~5 min 00 s"
    assert sentence(250, 300) == "4 min 10 s (last time 5 min 00 s)"
