"""Web addresses, mail addresses and telephone numbers stand in the fact, letter by letter."""

from agent_runtime.grounding.claims import Match


def addresses(match: Match) -> str:
    """Names the first address that the fact does not have."""
    claim = match.claim
    known = {_plain(t.low) for t in match.clause.reading.tokens if t.kind == "address"}
    for token in claim.reading.tokens[claim.start : claim.end]:
        if token.kind == "address" and _plain(token.low) not in known:
            return f"the address {token.text!r} is not in the fact"
    return ""


def _plain(address: str) -> str:
    if address[:1].isdigit() or address.startswith("+"):
        return "".join(c for c in address if c.isdigit() or c == "+")
    return address.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
