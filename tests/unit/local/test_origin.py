import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.origin import is_loopback_name, refused_origin


@pytest.mark.parametrize(
    "host", ["127.0.0.1:4000", "localhost", "LOCALHOST:1", "[::1]:80", "my.bucket.localhost:80"]
)
def test_a_name_of_this_machine_passes(host: str) -> None:
    assert refused_origin({"HTTP_HOST": host}) == ""


@pytest.mark.parametrize(
    "host",
    ["", "example.com", "127.0.0.1.example.com", "localhost.example.com", "192.168.1.1", "[", "@"],
)
def test_another_name_is_refused(host: str) -> None:
    assert "loopback only" in refused_origin({"HTTP_HOST": host})


@pytest.mark.parametrize("header", ["HTTP_ORIGIN", "HTTP_SEC_FETCH_SITE"])
def test_a_web_page_is_refused(header: str) -> None:
    environ = {"HTTP_HOST": "localhost", header: "same-origin"}
    assert "web pages" in refused_origin(environ)


def test_an_address_that_a_person_types_passes() -> None:
    assert refused_origin({"HTTP_HOST": "localhost", "HTTP_SEC_FETCH_SITE": "none"}) == ""


@given(st.text())
def test_any_host_header_is_judged_without_an_error(host: str) -> None:
    assert is_loopback_name(host) in {True, False}


@given(st.from_regex(r"[a-z0-9.-]{1,40}\.[a-z]{2,6}", fullmatch=True))
def test_a_public_name_never_passes(host: str) -> None:
    if not host.endswith(".localhost"):
        assert not is_loopback_name(host)
