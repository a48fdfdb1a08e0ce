"""Keys and wallets that are told by their form alone."""

import re
from collections.abc import Iterator

from agent_runtime.pii.finding import Found, Reading

_KEY = re.compile(
    r"(?<![\w-])(?:sk-[\w-]{16,}|(?:sk|pk|rk)_(?:live|test)_\w{10,}|gh[pousr]_\w{20,}"
    r"|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}"
    r"|AIza[\w-]{30,}|hf_\w{20,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*)(?![\w-])"
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_WALLET = re.compile(
    r"(?<!\w)(?:0x[0-9a-fA-F]{40}|bc1[02-9ac-hj-np-z]{25,62}|[13][1-9A-HJ-NP-Za-km-z]{25,34})(?!\w)"
)
_MARKS = ("sk", "pk_", "rk_", "gh", "glpat", "xox", "AKIA", "ASIA", "AIza", "hf_", "SG.", "eyJ")
_LONG = re.compile(r"\w{26}")


def find_secrets(reading: Reading) -> Iterator[Found]:
    """Yields keys of well-known services, private keys and wallets."""
    text = reading.text
    if any(mark in text for mark in _MARKS):
        yield from (Found("SECRET", m.start(), m.end()) for m in _KEY.finditer(text))
    if "-----BEGIN" in text:
        yield from (Found("SECRET", m.start(), m.end()) for m in _PRIVATE_KEY.finditer(text))
    if _LONG.search(text):
        for m in _WALLET.finditer(text):
            if m[0][0] in "0b" or _is_bitcoin(m[0]):
                yield Found("WALLET", m.start(), m.end())


def _is_bitcoin(address: str) -> bool:
    from stdnum import bitcoin

    return bitcoin.is_valid(address)
