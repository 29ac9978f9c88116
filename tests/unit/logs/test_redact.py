"""What is hidden, what is not, and that hostile text costs linear time."""

import pytest

from bot.logs.redact import MASK, redact

AKIA = "AKIA" + "IOSFODNN7EXAMPLE"
JWT = "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "dozjgNryP4J3jVmNHl0w5N"

SECRETS = [
    ("an AWS key id", f"using {AKIA}", AKIA),
    ("an AWS secret in an assignment", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI/K7MDENG"),
    ("a Google API key", "key AIza" + "SyA1" * 8 + "abc", "SyA1SyA1"),
    ("a Google OAuth token", "ya29." + "a0Af" * 8, "a0Afa0Af"),
    ("an Azure connection string", "AccountName=x;AccountKey=abcDEF123456==;E", "abcDEF123456"),
    ("a hub token", "token hf_" + "a1B2" * 9, "a1B2a1B2"),
    ("a W&B key", "wandb: using key 0123456789abcdef0123456789abcdef01234567", "0123456789abcdef"),
    ("a W&B key in the environment", "WANDB_API_KEY=0123456789abcdef0123456789abcdef01234567", "0123456789abcdef"),
    ("a Baseten key", "key AbCdEf12.ZyXwVuTsRqPoNmLkJiHgFeDcBa098765 is used", "ZyXwVuTsRqPoNmLkJiHgFeDcBa098765"),
    ("a Slack bot token", "xoxb-" + "123456789012-abcdefGHIJ", "abcdefGHIJ"),
    ("a Slack app token", "xapp-1-A0123-" + "4567-abcdef", "abcdef"),
    ("a Slack webhook", "https://hooks.slack.com/services/" + "T000/B000/XXXXyyyy", "XXXXyyyy"),
    ("a GitHub token", "ghp_" + "a1B2" * 9, "a1B2a1B2"),
    ("a GitHub fine-grained token", "github_pat_" + "11A" * 12, "11A11A"),
    ("a GitLab token", "glpat-" + "abcdEFGH12345678wxyz", "abcdEFGH"),
    ("an OpenAI-like key", "sk-proj-" + "a1B2" * 8, "a1B2a1B2"),
    ("an Anthropic-like key", "sk-ant-api03-" + "a1B2" * 8, "a1B2a1B2"),
    ("a Stripe key", "sk_live_" + "a1B2" * 6, "a1B2a1B2"),
    ("an npm token", "npm_" + "a1B2" * 9, "a1B2a1B2"),
    ("a PyPI token", "pypi-" + "AgEIcHlwaS5vcmc" * 4, "AgEIcHlwaS5vcmc"),
    ("a JWT", f"cookie {JWT}", JWT),
    ("a Bearer header", "Authorization: Bearer abcDEF1234567890abcd", "abcDEF1234567890abcd"),
    ("an Api-Key header", "authorization: Api-Key abcd1234.efgh5678ijkl", "abcd1234.efgh5678ijkl"),
    ("a password in a URL", "postgres://user:pa55w@db/x", "pa55w"),
    ("a password in an assignment", "password: hunter22", "hunter22"),
    ("a quoted secret", "'client_secret': 'abc def'[0:3] and 'secret_key': 'abcdefgh'", "abcdefgh"),
    ("a token in JSON", '"access_token": "abc.def.ghi"', "abc.def.ghi"),
    ("an option of a command", "train.py --hf_token hx1234567 --lr 1", "hx1234567"),
    (
        "a presigned S3 link",
        "https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature=abcdef0123",
        "abcdef0123",
    ),
    ("a presigned Azure link", "https://x.blob.core.windows.net/c?sv=1&sig=abc%2Bdef%3D", "abc%2Bdef%3D"),
    ("a private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----", "MIIEabc"),
    ("a private key that is cut off", "-----BEGIN PRIVATE KEY-----\nMIIEabc", "MIIEabc"),
]
HARMLESS = [
    "token_ids: [1, 2, 3]",
    "tokens per second: 12345.6",
    "num_tokens=123456 max_tokens=4096 pad_token_id=50256",
    "eos_token: </s> bos_token=<s>",
    "tokenizer=meta-llama/Llama-3.1-8B",
    "password is required",
    "client_secret=None api_key: invalid",
    "SECRET_KEY=${SECRET} MY_TOKEN=$(cat x)",
    "password = get_password()",
    "KeyError: 'api_key'",
    "commit 0123456789abcdef0123456789abcdef01234567",
    "https://huggingface.co/meta-llama/Llama-3.1-8B/resolve/main/config.json",
    "task-sk-learn sk-learn skip-1234567890abcdefghij",
    "[rank3]: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 192.00 MiB.",
    "ip-10-2-3-4:29500",
    "manifest.0123456789abcdef0123456789abcdef",
    "wrote shard001.0123456789abcdef0123456789abcdef",
    "deadbeef.Model0123456789Model0123456789Mo.safetensors",
    "Bearer token is missing",
]


@pytest.mark.parametrize(("why", "text", "secret"), SECRETS, ids=[case[0] for case in SECRETS])
def test_a_secret_is_hidden(why: str, text: str, secret: str) -> None:
    done = redact(text)
    assert secret not in done.text, why
    assert MASK in done.text
    assert done.hidden >= 1


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text).text == text
    assert redact(text).hidden == 0


@pytest.mark.parametrize("text", [case[1] for case in SECRETS])
def test_what_is_redacted_stays_as_it_is(text: str) -> None:
    once = redact(text)
    again = redact(once.text)
    assert (again.text, again.hidden) == (once.text, 0)


def test_the_names_of_what_is_hidden_stay_readable() -> None:
    assert redact("db=postgres://u:secret9@h/x retries=3").text == f"db=postgres://u:{MASK}@h/x retries=3"


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "://",
        "password=",
        "ey",
        "AbCdEf12.",
        "A1",
        "eyJaaaaaaaaa",
        "-----BEGIN PRIVATE KEY-----",
        "bearer ",
        "token:",
        "a_",
        "?sig=",
        "sk-",
        "--a-token ",
    ],
)
@pytest.mark.timeout(20)
def test_hostile_text_costs_time_in_proportion_to_its_length(piece: str) -> None:
    """Quadratic work on this much text takes minutes, and the time limit of the test ends it."""
    text = piece * (100_000 // len(piece))
    assert len(redact(text).text) <= len(text) * len(MASK)
