"""What looks like a secret, and what does not."""

import pytest

from mlreview.secrets import find_secrets, hide_in_arguments, hide_secrets

# Put together here, so that no scanner of this repository takes them for real ones.
SECRETS = {
    "AWS access key": "AKIA" + "IOSFODNN7EXAMPLE",
    "GitHub token": "ghp_" + "a1B2" * 9,
    "GitLab token": "glpat-" + "x" * 20,
    "Slack token": "xoxb-" + "1234567890-abc",
    "Hugging Face token": "hf_" + "Q" * 34,
    "API key": "sk-" + "proj-" + "z9" * 15,
    "JSON web token": "eyJ" + "hbGciOiJI." + "eyJ" + "zdWIiOiIx.sig",
    "private key": "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize(("kind", "secret"), SECRETS.items())
def test_a_secret_is_found_by_its_form_and_hidden_whole(kind: str, secret: str):
    text = f"before {secret} after"
    (finding,) = find_secrets(text)
    assert (finding.kind, text[finding.start : finding.end]) == (kind, secret)
    assert hide_secrets(text) == "before *** after"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password = hunter22", "password = ***"),
        ('db_password: "a b c d"', "db_password: ***"),
        ("API_KEY=abcdef and more", "API_KEY=*** and more"),
        ("Authorization: Bearer abcdefghijklmnop", "Authorization: Bearer ***"),
        ("postgresql://me:pa55@db/x", "postgresql://***@db/x"),
        ("https://x-access-token:abc@git.example/a.git", "https://***@git.example/a.git"),
    ],
)
def test_a_secret_is_found_by_what_stands_before_it(text: str, shown: str):
    assert hide_secrets(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "token=***",
        "password: <yours>",
        "TOKEN=$TOKEN",
        "secret = None",
        "the authors agreed: fine",
        "max_tokens=512",
        "https://git.example/a.git",
        "a tokenizer: wordpiece is long",
        "learning_rate=0.1",
    ],
)
def test_what_is_no_secret_stays(text: str):
    assert find_secrets(text) == ()
    assert hide_secrets(text) == text


def test_arguments_lose_what_follows_a_secret_option():
    given = ["train.py", "--api-key", "abc123", "--token=xyz789", "--lr", "0.1", "--password", "--verbose"]
    assert hide_in_arguments(given) == [
        "train.py", "--api-key", "***", "--token=***", "--lr", "0.1", "--password", "--verbose",
    ]  # fmt: skip
