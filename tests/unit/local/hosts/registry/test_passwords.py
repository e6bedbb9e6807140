from datetime import UTC, datetime, timedelta

import pytest

from cdinfra.local.hosts.registry.passwords import USER, Passwords

START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_password_is_known_again_for_twelve_hours(clock: Clock) -> None:
    passwords = Passwords(clock)
    login = passwords.issue(account="123456789012", region="eu-central-1")

    assert login.expires == START + timedelta(hours=12)
    clock.time = START + timedelta(hours=11, minutes=59)
    assert passwords.find(USER, login.password) == login
    clock.time = START + timedelta(hours=12)
    assert passwords.find(USER, login.password) is None


def test_every_password_is_another_one_and_all_of_them_hold(clock: Clock) -> None:
    passwords = Passwords(clock)
    logins = [passwords.issue(account="123456789012", region="eu-west-1") for _ in range(3)]

    assert len({each.password for each in logins}) == 3
    assert all(passwords.find(USER, each.password) == each for each in logins)


def test_a_wrong_password_or_user_is_nobodys(clock: Clock) -> None:
    passwords = Passwords(clock)
    login = passwords.issue(account="123456789012", region="eu-central-1")

    assert passwords.find(USER, login.password + "x") is None
    assert passwords.find(USER, "") is None
    assert passwords.find("admin", login.password) is None


def test_expired_passwords_are_forgotten_when_the_next_one_is_given_out(clock: Clock) -> None:
    passwords = Passwords(clock)
    old = passwords.issue(account="123456789012", region="eu-central-1")
    clock.time = START + timedelta(hours=13)
    new = passwords.issue(account="123456789012", region="eu-central-1")
    clock.time = START

    assert passwords.find(USER, old.password) is None
    assert passwords.find(USER, new.password) == new
