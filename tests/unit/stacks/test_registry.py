import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import BuildContext, OutputReference
from cdinfra.stacks import Registry

names = st.from_regex(r"[a-z0-9]+([._/-][a-z0-9]+){0,3}", fullmatch=True).filter(
    lambda name: len(name) <= 128
)


def repository_of(registry: Registry, context: BuildContext) -> dict[str, Any]:
    resources = registry.build(context).document["Resources"]
    (found,) = [body for body in resources.values() if body["Type"] == "AWS::ECR::Repository"]
    return dict(found)


def test_a_repository_is_named_by_app_environment_and_name(context: BuildContext) -> None:
    repository = repository_of(Registry("registry", repositories=("web",)), context)
    assert repository["Properties"]["RepositoryName"] == "shop-dev/web"


def test_tags_are_immutable_and_images_scanned_and_encrypted(context: BuildContext) -> None:
    properties = repository_of(Registry("registry", repositories=("web",)), context)["Properties"]
    assert properties["ImageTagMutability"] == "IMMUTABLE"
    assert properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert properties["EncryptionConfiguration"] == {"EncryptionType": "AES256"}


def test_images_are_not_deleted_with_the_stack_unless_asked_for(context: BuildContext) -> None:
    for asked in (False, True):
        registry = Registry("registry", repositories=("web",), empty_on_delete=asked)
        assert repository_of(registry, context)["Properties"]["EmptyOnDelete"] is asked


def test_the_youngest_releases_stay(context: BuildContext) -> None:
    registry = Registry("registry", repositories=("web",), keep_releases=7, untagged_days=3)
    policy = repository_of(registry, context)["Properties"]["LifecyclePolicy"]
    untagged, any_tag = json.loads(policy["LifecyclePolicyText"])["rules"]
    assert (untagged["selection"]["tagStatus"], untagged["selection"]["countNumber"]) == (
        "untagged",
        3,
    )
    assert (any_tag["selection"]["countType"], any_tag["selection"]["countNumber"]) == (
        "imageCountMoreThan",
        7,
    )
    assert untagged["rulePriority"] < any_tag["rulePriority"]


def test_nobody_else_gets_in_unless_named(context: BuildContext) -> None:
    properties = repository_of(Registry("registry", repositories=("web",)), context)["Properties"]
    assert "RepositoryPolicyText" not in properties


def test_those_who_pull_may_not_push(context: BuildContext) -> None:
    registry = Registry("registry", repositories=("web",), pull_principals=("123456789012",))
    policy = repository_of(registry, context)["Properties"]["RepositoryPolicyText"]
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"AWS": ["123456789012"]}
    assert "ecr:PutImage" not in statement["Action"]


def test_a_handle_refers_to_the_repository() -> None:
    registry = Registry("registry", repositories=("backend/web-api",))
    handle = registry.repository("backend/web-api")
    assert handle.arn == OutputReference(stack="registry", output="BackendWebApiArn")
    assert handle.uri == OutputReference(stack="registry", output="BackendWebApiUri")


def test_a_repository_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    registry = Registry("registry", repositories=("web", "worker"))
    with pytest.raises(InvalidInputError, match="did you mean 'worker'"):
        registry.repository("wroker")


def problems_of(repositories: tuple[str, ...]) -> tuple[Problem, ...]:
    try:
        Registry("registry", repositories=repositories)
    except InvalidInputError as error:
        return error.problems
    return ()


@given(st.lists(names, min_size=1, max_size=8, unique=True))
def test_valid_names_give_a_template_unless_two_make_one_logical_id(found: list[str]) -> None:
    problems = problems_of(tuple(found))
    assert all("the same logical id" in problem.message for problem in problems)
    if not problems:
        context = BuildContext(app="shop", env="dev", owner="me")
        outputs = Registry("registry", repositories=tuple(found)).build(context).document["Outputs"]
        assert len(outputs) == 2 + 2 * len(found)


def test_names_that_would_share_a_logical_id_are_refused() -> None:
    (problem,) = problems_of(("web-api", "web/api"))
    assert problem.path == "stacks/registry/repositories"


@given(st.text())
def test_any_text_is_a_repository_or_a_problem(name: str) -> None:
    problems = problems_of((name,))
    assert {problem.path for problem in problems} <= {"stacks/registry/repositories/0"}
    if not problems:
        assert Registry("registry", repositories=(name,)).repository(name).arn


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"repositories": "web"}, "repositories"),
        ({"repositories": ()}, "repositories"),
        ({"repositories": ("web", "web")}, "repositories"),
        ({"repositories": ("web",), "keep_releases": 0}, "keep_releases"),
        ({"repositories": ("web",), "kms_key": "alias/x"}, "kms_key"),
        ({"repositories": ("web",), "pull_principals": ("*",)}, "pull_principals/0"),
        ({"repositories": ("web",), "push_principals": "123"}, "push_principals"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_path(settings: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Registry("registry", **settings)
    assert {problem.path for problem in caught.value.problems} == {f"stacks/registry/{path}"}
