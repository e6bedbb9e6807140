import base64
import json

import click
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.cli.render.changes import MAX_DIFF_LINES, change_lines

TEXTS = (
    st.none()
    | st.text()
    | st.recursive(
        st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    ).map(json.dumps)
)


def plain(path: str, before: str | None, after: str | None, note: str = "") -> list[str]:
    return [click.unstyle(line) for line in change_lines(path, before, after, note)]


def test_short_values_stand_side_by_side() -> None:
    assert plain("InstanceType", "t3.micro", "t3.small") == ["~ InstanceType  t3.micro → t3.small"]


def test_a_new_and_a_removed_value_are_marked() -> None:
    assert plain("Tags.owner", None, "me") == ["+ Tags.owner  me"]
    assert plain("Tags.owner", "me", None) == ["- Tags.owner  me"]
    assert plain("Release", "", "x") == ['~ Release  "" → x']


def test_the_note_stands_behind_the_change() -> None:
    assert plain("ImageId", "a", "b", "(forces the replacement)") == [
        "~ ImageId  a → b  (forces the replacement)"
    ]


def test_of_a_json_value_only_what_differs_is_shown() -> None:
    before = json.dumps({"InstanceType": "t3.micro", "EbsOptimized": True})
    after = json.dumps({"InstanceType": "t3.small", "EbsOptimized": True})
    assert plain("Data", before, after) == ["~ Data.InstanceType  t3.micro → t3.small"]


def test_user_data_is_shown_as_a_diff_of_its_lines() -> None:
    before, after = (
        base64.b64encode(f"#cloud-config\nruncmd:\n  - echo {word}\n".encode()).decode()
        for word in ("old", "new")
    )
    assert plain("UserData", before, after) == [
        "~ UserData",
        "    @@ -2,2 +2,2 @@",
        "     runcmd:",
        "    -  - echo old",
        "    +  - echo new",
    ]


def test_a_long_diff_is_cut_and_says_so() -> None:
    before, after = ("\n".join(f"{word} {n}" for n in range(100)) for word in ("a", "b"))
    lines = plain("UserData", before, after)
    assert len(lines) == MAX_DIFF_LINES + 2
    assert lines[-1] == f"    … {201 - MAX_DIFF_LINES} more lines"


def test_a_long_line_is_cut_to_where_it_differs() -> None:
    before, after = (f"{'a' * 500}{word}{'b' * 500}" for word in ("OLD", "NEW"))
    heading, _, minus, plus = plain("Policy", before, after)
    assert heading == "~ Policy"
    assert minus.startswith("    -…aaa")
    assert "OLD" in minus
    assert "NEW" in plus
    assert max(len(minus), len(plus)) < 130


def test_a_value_that_only_the_change_makes_is_told_in_words() -> None:
    assert plain("Version", "1", "{{changeSet:KNOWN_AFTER_APPLY}}") == [
        "~ Version  1 → (known afterwards)"
    ]


def test_a_change_without_a_visible_difference_is_still_told() -> None:
    assert plain("Arn", "x", "x") == ["~ Arn  value is computed by CloudFormation"]


@given(st.text(), TEXTS, TEXTS)
def test_every_change_gives_at_least_one_line_that_cannot_fake_another(
    path: str, before: str | None, after: str | None
) -> None:
    lines = plain(path, before, after)
    assert lines
    assert all(line.isprintable() for line in lines)
