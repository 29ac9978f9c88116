"""Secrets out of log text, before it is stored, posted, uploaded or logged.

Every pattern is anchored on a literal or bounded in length, so that the time is linear in the text whatever
the text is. What is hidden keeps its name: ``password=…`` says that there was a password.
"""

import re
from dataclasses import dataclass

MASK = "[hidden]"


@dataclass(frozen=True, slots=True)
class Redacted:
    """`text` without secrets, and how many values were hidden in it."""

    text: str
    hidden: int


def redact(text: str) -> Redacted:
    """`text` with every secret of a known kind masked; a masked text is left as it is."""
    low = text.lower()
    hidden = 0
    for needles, pattern in _KINDS:
        if any(needle in low for needle in needles):
            text, count = pattern.subn(_masked, text)
            hidden += count
            if count:
                low = text.lower()
    return Redacted(text, hidden)


def _masked(found: re.Match[str]) -> str:
    """The match with its group `secret` replaced, or replaced whole where it has none."""
    if "secret" not in found.re.groupindex:
        return MASK
    start, end = found.span("secret")
    whole = found.group(0)
    return whole[: start - found.start()] + MASK + whole[end - found.start() :]


_NAMES = (
    r"(?:pass(?:wd|word|phrase)?|pwd|secret(?:[_-]?(?:key|access[_-]?key|token))?|api[_-]?key|apikey|access[_-]?key(?:[_-]?id)?|"
    r"auth[_-]?token|access[_-]?token|refresh[_-]?token|id[_-]?token|session[_-]?token|bearer[_-]?token|private[_-]?key|"
    r"client[_-]?secret|account[_-]?key|shared[_-]?access[_-]?key|signing[_-]?key|encryption[_-]?key|webhook[_-]?secret|"
    r"hf[_-]?token|hugging[_-]?face[_-]?(?:hub[_-]?)?token|wandb[_-]?(?:api[_-]?)?key|github[_-]?token|gh[_-]?token|"
    r"slack[_-]?token|openai[_-]?key|database[_-]?password|db[_-]?pass(?:word)?|credentials?)"
)
_VALUE = r"[^\s\"'`,;&|<>(){}\[\]]"
_PLAIN_VALUES = r"(?!\[hidden\]|(?i:none|null|true|false|nil|undefined|missing|required|invalid|unset|empty|not|is|was|your|the|has|must|\*+|x{3,}|\.{3,}|…)(?![\w-])|\$|%|<|\{|os\.|self\.|args\.|cfg\.|config\.|getenv|[\w.]{1,80}\()"

# The words whose presence (in lower case) makes the pattern worth trying, and the pattern.
_KINDS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (
        ("private key",),
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?P<secret>(?!\[hidden\])[^-]{1,16384})(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?"
        ),
    ),
    (("akia", "asia", "aroa", "abia", "acca"), re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA|AROA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])")),
    (("aiza",), re.compile(r"(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])")),
    (("ya29.",), re.compile(r"(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_-]{20,1024}")),
    (("gocspx-",), re.compile(r"(?<![A-Za-z0-9])GOCSPX-[A-Za-z0-9_-]{20,64}")),
    (("hf_",), re.compile(r"(?<![A-Za-z0-9_])hf_[A-Za-z0-9]{30,64}(?![A-Za-z0-9])")),
    (("api_org_",), re.compile(r"(?<![A-Za-z0-9_])api_org_[A-Za-z0-9]{30,64}")),
    (
        (".",),  # of Baseten, as its documentation shows one: eight characters, a dot, 32 with capitals and digits
        re.compile(r"(?<![A-Za-z0-9_.-])[A-Za-z0-9]{8}\.(?=[A-Za-z0-9]{0,31}[0-9])(?=[A-Za-z0-9]{0,31}[A-Z])[A-Za-z0-9]{32}(?![A-Za-z0-9_.-])"),
    ),
    (("xox", "xapp-", "xwfp-"), re.compile(r"(?<![A-Za-z0-9])(?:xox[abeoprsc]|xapp|xwfp)-[A-Za-z0-9.-]{10,300}")),
    (("hooks.slack",), re.compile(r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9_/+-]{8,200})")),
    (("gh", "github_pat"), re.compile(r"(?<![A-Za-z0-9_])(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})")),
    (("gl",), re.compile(r"(?<![A-Za-z0-9_])gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|oas)-[A-Za-z0-9_.-]{20,300}")),
    (("sk-", "sk_", "pk_live", "rk_", "whsec_"), re.compile(r"(?<![A-Za-z0-9_-])(?:sk-(?:ant-|proj-|or-|svcacct-|admin-|lf-)?[A-Za-z0-9_-]{20,256}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,256}|whsec_[A-Za-z0-9+/=]{20,128})")),
    (("gsk_", "r8_", "pplx-", "nvapi-", "tgp_", "fw_", "xai-", "dckr_", "dop_v1_", "lsv2_", "shpat_", "sq0", "ntn_", "dapi", "key-"), re.compile(r"(?<![A-Za-z0-9_])(?:gsk_[A-Za-z0-9]{40,64}|r8_[A-Za-z0-9]{37,40}|pplx-[A-Za-z0-9]{40,64}|nvapi-[A-Za-z0-9_-]{40,128}|tgp_v1_[A-Za-z0-9_-]{30,64}|fw_[A-Za-z0-9]{22,40}|xai-[A-Za-z0-9]{60,100}|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,64}|dop_v1_[a-f0-9]{64}|lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}|shpat_[a-fA-F0-9]{32}|sq0[a-z]{3}-[A-Za-z0-9_-]{22,64}|ntn_[A-Za-z0-9]{40,64}|dapi[a-f0-9]{32}|key-[a-f0-9]{32})(?![A-Za-z0-9])")),
    (("npm_", "pypi-"), re.compile(r"(?<![A-Za-z0-9_])(?:npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{40,300})")),
    (("wandb_v",), re.compile(r"(?<![A-Za-z0-9_])wandb_v\d_[A-Za-z0-9_]{30,128}")),
    (("ey",), re.compile(r"(?<![A-Za-z0-9_-])ey[JI][A-Za-z0-9_-]{8,4096}\.ey[A-Za-z0-9_-]{8,8192}(?:\.[A-Za-z0-9_-]{0,4096})?")),
    (("bearer", "basic", "api-key", "token "), re.compile(r"(?i)\b(?:bearer|basic|api-key|token)(?:\s{1,3}|%20)(?P<secret>(?=[^\s\"',;]{0,200}\d)[A-Za-z0-9._~+/=-]{16,4096})")),
    (("://",), re.compile(r"://[^\s:/@\"'<>]{0,128}:(?P<secret>(?!\[hidden\])[^\s/@\"'<>]{1,512})@")),
    (("signature=", "sig=", "credential=", "security-token=", "goog-", "amz-", "se="), re.compile(r"(?i)[?&;](?:x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)|sig|signature|awsaccesskeyid|googleaccessid)=(?P<secret>(?!\[hidden\])[^\s&\"'<>)\]]{4,4096})")),
    (("accountkey", "sharedaccess"), re.compile(r"(?i)\b(?:AccountKey|SharedAccessKey|SharedAccessSignature)=(?P<secret>(?!\[hidden\])[^\s;\"']{8,1024})")),
    (
        ("pass", "pwd", "secret", "key", "token", "credential"),
        re.compile(
            rf"(?i)(?<![A-Za-z])(?:[A-Za-z0-9]{{1,40}}[_.-]){{0,6}}(?<![A-Za-z]){_NAMES}(?:\\?[\"'])?\s{{0,3}}(?:=>|[:=])\s{{0,3}}(?:\\?[\"'](?P<quote>)|b\\?['\"])?(?P<secret>{_PLAIN_VALUES}{_VALUE}{{4,4096}})"
        ),
    ),
    (
        ("token",),
        re.compile(rf"(?i)(?<![A-Za-z_])token\\?[\"']?\s{{0,3}}[:=]\s{{0,3}}\\?[\"']?(?P<secret>{_PLAIN_VALUES}(?=[^\s\"']{{0,64}}\d)(?=[^\s\"']{{0,64}}[A-Za-z])[A-Za-z0-9._~+/=-]{{16,4096}})"),
    ),
    (
        ("--pass", "--token", "--api", "--secret", "--key", "--hf"),
        re.compile(rf"(?i)(?<!\S)--?[a-z_-]{{0,30}}(?:password|passwd|token|api[_-]?key|secret)[\s=]{{1,3}}[\"']?(?P<secret>{_PLAIN_VALUES}(?!-)[^\s\"']{{6,512}})"),
    ),
    (("wandb", "w&b"), re.compile(r"(?i)\b(?:wandb|w&b)\b.{0,60}?\b(?P<secret>[0-9a-f]{40})\b")),
)  # fmt: skip
