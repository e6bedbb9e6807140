"""The pages that people wrote name everything that the code has, and nothing else."""

import dataclasses
import re
from enum import Enum
from pathlib import Path

import pytest

from cdinfra import App, cloudinit, stacks
from cdinfra.cloudinit import UserData
from cdinfra.cloudinit.agent.main import EXIT_CODES, build_parser
from cdinfra.deploy.known_cause import KnownCause, names_in
from cdinfra.deploy.known_causes import KNOWN_CAUSES
from cdinfra.deploy.load import load_app
from cdinfra.local.fault_types import CallFaultKind, ResourceFaultKind
from cdinfra.model import Hook, On, OnFailure, StackSettings, Topic, Webhook, When
from cdinfra.stacks import DockerHosts, HostGroup

REPOSITORY = Path(__file__).parents[3]
SETTINGS_PAGE = "settings.md"
OF_SETTINGS = {each.__name__ for each in (Hook, On, OnFailure, StackSettings, Topic, Webhook, When)}
PUBLIC = [
    pytest.param(
        SETTINGS_PAGE if name in OF_SETTINGS else page, getattr(module, name), name, id=name
    )
    for page, module in (("stacks.md", stacks), ("hosts.md", cloudinit))
    for name in module.__all__
]
WITH_SETTINGS = [each for each in PUBLIC if dataclasses.is_dataclass(each.values[1])]
WITH_MEMBERS = [
    each for each in PUBLIC if isinstance(each.values[1], type) and issubclass(each.values[1], Enum)
]


def text_of(page: str) -> str:
    return (REPOSITORY / "docs" / page).read_text(encoding="utf-8")


def sections_of(kind: type, text: str) -> str:
    """Return what stands right below the headings of a class and of those it inherits from."""
    names = "|".join(each.__name__ for each in kind.__mro__)
    found = re.findall(rf"^#+ (?:{names})\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return "\n".join(found)


def shown_default(field: dataclasses.Field[object]) -> str:
    """Return a setting's default as the tables write it."""
    if field.default_factory is not dataclasses.MISSING:
        made = field.default_factory()
        return "`{}`" if isinstance(made, dict) else f"`{type(made).__name__}()`"
    match field.default:
        case dataclasses.MISSING:
            return "required"
        case Enum(name=member):
            return f"`{type(field.default).__name__}.{member}`"
        case tuple(members) if members and all(isinstance(each, Enum) for each in members):
            names = (f"{type(each).__name__}.{each.name}" for each in members)
            return f"`({', '.join(names)})`"
        case str(text):
            return f'`"{text}"`'
        case other:
            return f"`{other!r}`"


@pytest.mark.parametrize(("page", "public", "name"), PUBLIC)
def test_every_public_name_is_on_its_page(page: str, public: object, name: str) -> None:
    assert public is not None
    assert re.search(rf"`{name}\b|^#+ {name}$", text_of(page), re.MULTILINE)


@pytest.mark.parametrize(("page", "kind", "name"), WITH_SETTINGS)
def test_every_setting_is_in_its_class_table_with_its_default(
    page: str, kind: type, name: str
) -> None:
    rows = sections_of(kind, text_of(page)).splitlines()
    fields = dataclasses.fields(kind)
    assert fields, name
    for field in fields:
        start = f"| `{field.name}` | {shown_default(field)} | "
        assert [row for row in rows if row.startswith(start)], f"{name}: {start}"


@pytest.mark.parametrize(("page", "kind", "name"), WITH_MEMBERS)
def test_every_member_of_an_enumeration_is_on_its_page(
    page: str, kind: type[Enum], name: str
) -> None:
    for member in kind:
        assert re.search(rf"`({name}\.)?{member.name}`", text_of(page)), member


def test_no_table_has_a_setting_that_no_class_has() -> None:
    known: dict[str, set[str]] = {}
    for page, module in (("stacks.md", stacks), ("hosts.md", cloudinit), (SETTINGS_PAGE, stacks)):
        kinds = [kind for kind in vars(module).values() if dataclasses.is_dataclass(kind)]
        known[page] = {field.name for kind in kinds for field in dataclasses.fields(kind)}
    for page, names in known.items():
        shown = re.findall(r"^\| `(\w+)` \| (?:required|`.*?`) \| ", text_of(page), re.MULTILINE)
        assert set(shown) <= names


def test_every_setting_of_an_app_is_on_its_page() -> None:
    names = App.__init__.__annotations__.keys() - {"return"}
    assert names
    for name in names:
        assert f"\n| `{name}` | " in text_of("apps.md")


@pytest.mark.parametrize("method", [name for name in vars(HostGroup) if name.startswith("build_")])
def test_every_hook_of_a_group_of_hosts_is_on_its_page(method: str) -> None:
    assert f"`{method}`" in text_of("stacks.md")


@pytest.mark.parametrize("row", KNOWN_CAUSES, ids=lambda row: f"{row.kind}")
def test_every_known_cause_is_on_the_page_with_its_hint(row: KnownCause) -> None:
    hint = row.describe_hint({name: f"{{{name}}}" for name in names_in(row.hint)})
    assert f"\n| `{row.kind}` | {hint} |\n" in text_of("explain.md")


def test_the_known_causes_stand_in_the_order_in_which_they_are_tried() -> None:
    shown = re.findall(
        r"^\| `(\w+)` \| ", text_of("explain.md").partition("in JSON")[2], re.MULTILINE
    )
    assert shown == [f"{row.kind}" for row in KNOWN_CAUSES]


def test_the_verbs_and_exit_codes_of_the_agent_are_on_its_page() -> None:
    text = text_of("hosts.md")
    help_text = build_parser().format_usage()
    verbs = re.search(r"\{(.*?)\}", help_text)
    assert verbs is not None
    for verb in verbs[1].split(","):
        assert re.search(rf"^\| `{verb}\b", text, re.MULTILINE), verb
    for outcome, code in EXIT_CODES.items():
        assert f"\n| {code} | `{outcome}` | " in text


@pytest.mark.parametrize("kind", [*CallFaultKind, *ResourceFaultKind])
def test_every_kind_of_fault_is_on_the_page_of_the_local_cloud(kind: str) -> None:
    assert f"\n| `{kind}` | " in text_of("local-cloud.md")


def test_the_size_of_user_data_that_the_page_tells_is_true() -> None:
    told = re.search(r"takes about ([\d,]+) bytes compressed", text_of("hosts.md"))
    assert told is not None
    assert size_of_the_example().size == pytest.approx(int(told[1].replace(",", "")), rel=0.05)


def size_of_the_example() -> UserData:
    app = load_app(REPOSITORY / "examples" / "shop" / "infra.py", "dev")
    web = next(stack for stack in app.stacks if stack.name == "web")
    assert isinstance(web, DockerHosts)
    return cloudinit.host_user_data(web.host_config(app.context))
