from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.environment import FIXED, server_environment

NAMES = st.from_regex(r"[A-Za-z_]{1,12}", fullmatch=True)


def test_credentials_proxies_and_settings_of_moto_are_dropped() -> None:
    environ = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_PROFILE": "x",
        "aws_session_token": "x",
        "BOTO_CONFIG": "x",
        "MOTO_ACCOUNT_ID": "x",
        "TEST_SERVER_MODE": "true",
        "https_proxy": "x",
    }
    assert server_environment(environ) == FIXED


def test_the_rest_is_kept() -> None:
    assert server_environment({"PATH": "/bin", "TZ": "UTC"}) == {
        "PATH": "/bin",
        "TZ": "UTC",
        **FIXED,
    }


@given(st.dictionaries(NAMES.map(lambda name: f"AWS_{name}"), st.just("secret")))
def test_no_value_of_an_aws_variable_comes_through(environ: dict[str, str]) -> None:
    assert "secret" not in server_environment(environ).values()
