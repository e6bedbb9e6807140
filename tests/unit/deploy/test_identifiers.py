from pathlib import Path

import pytest

from cdinfra.deploy.identifiers import Wanted, join_wanted, load_wanted, parse_wanted
from cdinfra.errors import InvalidInputError


def named(**resources: dict[str, str]) -> tuple[Wanted, ...]:
    return tuple(Wanted(logical_id=name, values=values) for name, values in resources.items())


def test_a_word_names_a_resource_by_its_one_id() -> None:
    assert parse_wanted(["Bucket=pictures", "Key=a=b"]) == named(
        Bucket={"": "pictures"}, Key={"": "a=b"}
    )


def test_several_words_name_one_resource_by_several_properties() -> None:
    words = ["Rule.Id=1", "Bucket=pictures", "Rule.Name=two"]
    assert parse_wanted(words) == named(Rule={"Id": "1", "Name": "two"}, Bucket={"": "pictures"})


def test_every_word_that_names_nothing_is_told_at_once() -> None:
    words = ["Bucket", "=pictures", "Bucket=", "Bucket.=x", "Key=1", "Key=2"]
    with pytest.raises(InvalidInputError) as caught:
        parse_wanted(words)
    assert [each.path for each in caught.value.problems] == [
        "Bucket",
        "=pictures",
        "Bucket=",
        "Bucket.=x",
        "Key=2",
    ]
    assert "LOGICAL_ID=PHYSICAL_ID" in caught.value.problems[0].hint
    assert caught.value.problems[-1].message == "Key is given already: 1"


def test_a_file_names_resources_by_an_id_or_by_properties(tmp_path: Path) -> None:
    file = tmp_path / "ids.json"
    file.write_text('{"Bucket": "pictures", "Rule": {"Id": "1"}}', encoding="utf-8")
    assert load_wanted(file) == named(Bucket={"": "pictures"}, Rule={"Id": "1"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no JSON"),
        ("[]", "is no object"),
        ('{"Bucket": 1}', "is neither an id nor an object of identifying properties"),
        ('{"Bucket": ""}', "is neither"),
        ('{"Bucket": {}}', "is neither"),
        ('{"Bucket": {"Name": null}}', "is neither"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "ids.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError, match=told):
        load_wanted(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"none\.json: cannot be read: No such file"):
        load_wanted(tmp_path / "none.json")


def test_the_command_line_and_the_file_do_not_name_the_same() -> None:
    first, second = named(Bucket={"": "a"}), named(Bucket={"": "b"}, Key={"": "c"})
    with pytest.raises(InvalidInputError, match="Bucket: is named on the command line and in"):
        join_wanted(first, second)
    assert join_wanted(first, second[1:]) == (*first, *second[1:])


def test_nothing_to_import_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="names no resource"):
        join_wanted((), ())
