"""Whether a server of entailment can be used: it tells what follows from what does not."""

from typing import Literal

from agent_runtime.grounding.entailment import EntailmentError, HttpEntailment
from agent_runtime.grounding.stretches import MIN_ENTAILED

TIMEOUT_S = 15.0

_FACT = "The lamp is on the table in the kitchen."
_FOLLOWS = "The lamp is on the table."
_DOES_NOT = "The lamp is not on the table."


def check_entailment(url: str) -> tuple[Literal["ok", "failed"], str]:
    """Asks a server about a sentence that follows from another, and about one that does not.

    Args:
        url: Its endpoint, as in `PARLEY_ENTAILMENT_URL`.

    Returns:
        State, and one sentence with what to do.
    """
    server = HttpEntailment(url, timeout_s=TIMEOUT_S)
    try:
        version = server.look_up_version()
        follows, does_not = (server.judge(_FACT, said).entails for said in (_FOLLOWS, _DOES_NOT))
    except EntailmentError as error:
        return "failed", str(error).rstrip(".")
    finally:
        server.close()
    if follows < MIN_ENTAILED or does_not >= MIN_ENTAILED:
        return (
            "failed",
            f"{version} finds {_FOLLOWS!r} entailed by {_FACT!r} with {follows:.2f}, and its "
            f"negation with {does_not:.2f}; serve a model of natural language inference there",
        )
    return "ok", f"{version} tells what follows from a fact"
