from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.environment import FIXED, build_environment, server_environment

NAMES = st.from_regex(r"[A-Za-z_]{1,12}", fullmatch=True)


def test_credentials_proxies_and_settings_of_moto_are_dropped() -> None:
    environ = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_PROFILE": "x",
        "aws_session_token": "x",
        "BOTO_CONFIG": "x",
        "MOTO_ACCOUNT_ID": "x",
        "TEST_SERVER_MODE": "true",
        "all_proxy": "x",
    }
    assert server_environment(environ) == FIXED


def test_proxies_are_for_builds_alone() -> None:
    given = {"https_proxy": "http://p:1", "HTTP_PROXY": "http://p:2", "no_proxy": "a,b"}
    server = server_environment(given)
    usual = {name: value for name, value in server.items() if "proxy" in name.lower()}
    assert usual == {
        "CDINFRA_BUILDS_http_proxy": "http://p:2",
        "CDINFRA_BUILDS_https_proxy": "http://p:1",
        "CDINFRA_BUILDS_no_proxy": "a,b",
        "NO_PROXY": "*",
    }
    both = {"http_proxy": "http://p:2", "https_proxy": "http://p:1", "no_proxy": "a,b"}
    both |= {name.upper(): value for name, value in both.items()}
    # The local cloud's process, and a command of a person's: both build images.
    assert build_environment(server) == build_environment(given) == both


def test_without_a_proxy_builds_get_nothing_and_with_one_no_exceptions_of_the_local_cloud() -> None:
    assert build_environment(server_environment({})) == build_environment({}) == {}
    server = server_environment({"http_proxy": "http://p:1"})
    assert build_environment(server)["NO_PROXY"] == build_environment(server)["no_proxy"] == ""


def test_the_rest_is_kept() -> None:
    assert server_environment({"PATH": "/bin", "TZ": "UTC"}) == {
        "PATH": "/bin",
        "TZ": "UTC",
        **FIXED,
    }


@given(st.dictionaries(NAMES.map(lambda name: f"AWS_{name}"), st.just("secret")))
def test_no_value_of_an_aws_variable_comes_through(environ: dict[str, str]) -> None:
    assert "secret" not in server_environment(environ).values()
