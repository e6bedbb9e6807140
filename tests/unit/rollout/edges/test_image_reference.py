import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.errors import InvalidInputError
from cdinfra.rollout.image_reference import (
    ALLOWED,
    ImageReference,
    parse_reference,
    release_of,
)

DIGEST = f"sha256:{'ab' * 32}"
ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop-dev/web"


@pytest.mark.parametrize(
    ("typed", "repository", "tag", "digest"),
    [
        (f"{ECR}:v1", ECR, "v1", ""),
        (f"{ECR}@{DIGEST}", ECR, "", DIGEST),
        (f"{ECR}:v1@{DIGEST}", ECR, "v1", DIGEST),
        ("127.0.0.1:38831/shop-dev/web:v1", "127.0.0.1:38831/shop-dev/web", "v1", ""),
        (f"127.0.0.1:38831/web@{DIGEST}", "127.0.0.1:38831/web", "", DIGEST),
        ("nginx:1.27", "nginx", "1.27", ""),
        (":v1", "", "v1", ""),
        ("v1", "", "v1", ""),
        ("1.0_final-2", "", "1.0_final-2", ""),
        (DIGEST, "", "", DIGEST),
        (f"@{DIGEST}", "", "", DIGEST),
        (f":v1@{DIGEST}", "", "v1", DIGEST),
    ],
)
def test_what_a_person_types_is_understood(
    typed: str, repository: str, tag: str, digest: str
) -> None:
    found = parse_reference(typed)
    assert found == ImageReference(repository=repository, tag=tag, digest=digest)
    assert found.wanted == (digest or tag)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "names no image"),
        (":", "names no image"),
        (ECR, "has neither tag nor digest"),
        ("127.0.0.1:5000/web", "has neither tag nor digest"),
        (f"{ECR}@", "has no digest of 64 hexadecimal digits"),
        (f"{ECR}@sha256:ab", "has no digest of 64 hexadecimal digits"),
        (f"{ECR}@{DIGEST.upper()}", "has no digest of 64 hexadecimal digits"),
        (f"{ECR}:-v1", "has no tag that a registry takes: '-v1'"),
        (f"{ECR}:v 1", "has no tag that a registry takes: 'v 1'"),
        (f"{ECR}:{'v' * 129}", "has no tag that a registry takes"),
        ("Shop/Web:v1", "has no repository that a registry takes: 'Shop/Web'"),
        ("shop/../web:v1", "has no repository that a registry takes"),
        ("shop//web:v1", "has no repository that a registry takes"),
        ("$(id)/web:v1", "has no repository that a registry takes"),
    ],
)
def test_what_names_no_image_is_refused_with_what_is_allowed(typed: str, message: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        parse_reference(typed)
    (problem,) = raised.value.problems
    assert problem.message.startswith(message)
    assert (problem.path, problem.hint) == (f"IMAGE {typed}", ALLOWED)


@given(st.text())
def test_any_text_is_an_image_or_a_problem(typed: str) -> None:
    try:
        found = parse_reference(typed)
    except InvalidInputError:
        return
    assert found.wanted


def test_a_release_that_no_tag_of_a_host_holds_is_refused() -> None:
    assert release_of("shop/web", DIGEST) == f"shop/web@{DIGEST}"
    with pytest.raises(InvalidInputError, match="which holds 256 characters"):
        release_of("a" * 200, DIGEST)
