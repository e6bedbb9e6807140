import pytest

from cdinfra.lint.rules.secrets import RULES
from cdinfra.lint.secret_forms import is_secret_value, secret_form, secrets_in
from cdinfra.lint.template import Template

RANDOM = "9f8Zq27LmX0pTr4w"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("key=AKIAQWERTYUIOPASDFGH", "an AWS access key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("-----BEGIN PRIVATE KEY-----", "a private key"),
        ("ghp_" + "a1B2" * 9, "a GitHub token"),
        ("glpat-" + "a1B2" * 5, "a GitLab token"),
        ("xoxb-1234567890-abc", "a Slack token"),
        ("https://user:pass@example.com/x", "a password in an address"),
    ],
)
def test_a_secret_is_told_by_its_form(text: str, what: str) -> None:
    assert secret_form(f"before {text} after") == what


@pytest.mark.parametrize(
    "text",
    [
        "https://user:${Password}@example.com/x",
        "https://example.com:443/path@home",
        "-----BEGIN CERTIFICATE-----",
        "AKIA is how they start",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me@example.com",
    ],
)
def test_what_only_resembles_a_secret_is_none(text: str) -> None:
    assert secret_form(text) == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "correct-horse"),
        ("MasterUserPassword", "correct-horse"),
        ("password", "hunter2"),
        ("SecretString", "correct-horse"),
        ("API_TOKEN", RANDOM),
        ("apiKey", RANDOM),
    ],
)
def test_a_value_is_a_secret_by_its_name(name: str, value: str) -> None:
    assert is_secret_value(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HttpTokens", "required"),
        ("ClientToken", RANDOM),
        ("CreationToken", RANDOM),
        ("PasswordLength", "32"),
        ("SecretArn", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db"),
        ("Password", "{{resolve:ssm-secure:/shop/db}}"),
        ("Password", "${Password}"),
        ("PASSWORD", "$PASSWORD"),
        ("PASSWORD", "********"),
        ("PASSWORD", "/run/secrets/db"),
        ("Token", "fetch_token"),
        ("passwordless", "correct-horse"),
    ],
)
def test_a_reference_or_a_setting_is_no_secret(name: str, value: str) -> None:
    assert not is_secret_value(name, value)


def test_every_line_with_a_secret_is_named_and_no_secret_is_shown() -> None:
    text = f"#!/bin/sh\nexport DB_PASSWORD=correct-horse\nlogin --token {RANDOM}\necho done\n"
    assert list(secrets_in(text)) == [(2, "the value of DB_PASSWORD"), (3, "the value of token")]


def test_no_finding_shows_what_it_found() -> None:
    secrets = ("correct-horse", RANDOM, "AKIAQWERTYUIOPASDFGH")
    user_data = "\n".join(["#!/bin/sh", *(f"export A_PASSWORD={each}" for each in secrets)])
    document = {
        "Parameters": {"Password": {"Type": "String", "Default": secrets[0]}},
        "Resources": {
            "Host": {
                "Type": "AWS::EC2::Instance",
                "Properties": {
                    "UserData": {"Fn::Base64": user_data},
                    "Tags": [{"Key": "password", "Value": each} for each in secrets],
                },
            }
        },
    }
    hits = [hit for rule in RULES for hit in rule.check(Template(name="web", document=document))]
    assert len(hits) == 7
    for hit in hits:
        assert not any(each in f"{hit.message}{hit.path}" for each in secrets)
