"""Records the consent of a person to be called on one number, with its proof."""

from dataclasses import dataclass
from datetime import datetime

from agent_runtime.calling.checking import CallError, whom
from agent_runtime.calling.numbers import as_e164, number_known
from agent_runtime.domain import Consent
from agent_runtime.ports import Tx


@dataclass(frozen=True, slots=True)
class Recorded:
    """Whose consent was recorded, for which number."""

    person_id: str
    number: str


def record_consent(
    tx: Tx, person: str, number: str, *, purpose: str, words: str, source: str, now: datetime
) -> Recorded:
    """Records a consent; one of the same number and purpose is replaced.

    Raises:
        CallError: nobody is called so, the number is none or another person's, or proof is missing.
    """
    contact, e164 = whom(tx, person), as_e164(number)
    if not (e164 and number_known(e164).kind):
        raise CallError(f"number {number!r} is no valid number with its country; mend it.")
    for name, value in (("purpose", purpose), ("words", words), ("source", source)):
        if not value.strip():
            raise CallError(f"--{name} is empty; a consent without its proof carries no call.")
    if not tx.add_address("voice", e164, contact.person_id, now=now):
        raise CallError(f"{e164} is recorded as another person's; settle whose it is first.")
    given = Consent(
        channel="voice",
        purpose=purpose.strip(),
        basis="consent",
        source=source.strip(),
        recorded_at=now,
        words=words.strip(),
        address=e164,
    )
    same = (given.channel, given.purpose, given.address)
    kept = (c for c in tx.consents(contact.person_id) if (c.channel, c.purpose, c.address) != same)
    tx.add_consents(contact.person_id, (*kept, given))
    return Recorded(contact.person_id, e164)
