"""Every word that says something is in the fact, or a word for the same is."""

from agent_runtime.grounding.claims import Match


def coverage(match: Match) -> str:
    """Names the first word that the fact does not say; names first, since they weigh most."""
    names = [w for w in match.uncovered if w.is_name]
    if names:
        return f"the name {names[0].text!r} is not in the fact"
    if match.uncovered:
        return f"{match.uncovered[0].text!r} is not in the fact"
    if not match.places and not _has_figures(match):
        return "nothing of it is in the fact"
    return ""


def _has_figures(match: Match) -> bool:
    claim = match.claim
    stretch = range(claim.start, claim.end)
    return any(a.start in stretch for a in claim.reading.amounts) or any(
        m.start in stretch for m in claim.reading.moments
    )
