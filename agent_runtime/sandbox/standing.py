"""How each person stands with the vendor before the first campaign: where known, what allowed."""

from dataclasses import dataclass
from typing import Literal

from agent_runtime.sandbox.draw import chance, weighted

Home = Literal["contact", "lead", "list", "nowhere"]
"""Where the vendor knows the person from; `nowhere` are those who may write to it first."""
EmailConsent = Literal["granted", "withdrawn", "denied", "other_purpose", "none"]
"""What the consents say of e-mail for prospecting; `other_purpose` have agreed to calls only."""
Basis = Literal["consent", "legitimate_interest"]

WITHDRAWN_RATE = 0.06
DO_NOT_CONTACT_RATE = 0.015
LISTED_RATE = 0.22
LIST_OPT_OUT_RATE = 0.04
DUPLICATE_CONTACT_RATE = 0.03
ALSO_LEAD_RATE = 0.08
BOUNCE_RATE = 0.02

_HOMES: dict[Home, float] = {"contact": 96.2, "lead": 1.8, "list": 0.7, "nowhere": 1.3}
_EMAIL_CONSENTS: dict[EmailConsent, float] = {
    "granted": 92,
    "withdrawn": 100 * WITHDRAWN_RATE,
    "denied": 0.5,
    "other_purpose": 0.5,
    "none": 1,
}
# Where the law asks for consent before the first mail, a careful vendor has collected it.
_ON_LEGITIMATE_INTEREST = frozenset({"US", "GB", "IE", "FR", "PT", "SE", "BR"})
_CONSENT_SHARE_THERE, _CONSENT_SHARE_ELSEWHERE = 0.25, 0.95


@dataclass(frozen=True, slots=True)
class Standing:
    """What the vendor's systems say of one person on launch day."""

    home: Home
    email_consent: EmailConsent
    basis: Basis
    is_do_not_contact: bool
    is_listed: bool
    """On the marketing list, as well as at home elsewhere."""
    has_list_opt_in: bool
    has_duplicate: bool
    """A second contact row with another id and the same address."""
    is_also_lead: bool

    @property
    def in_crm(self) -> bool:
        """Whether a contact or lead row exists."""
        return self.home in {"contact", "lead"}

    @property
    def is_opted_out(self) -> bool:
        """Whether the person said no anywhere: consent, flag or marketing list."""
        said_no = self.in_crm and (
            self.email_consent in {"withdrawn", "denied"} or self.is_do_not_contact
        )
        return said_no or (self.is_listed and not self.has_list_opt_in)


def standing(seed: int, buyer_id: str, country: str) -> Standing:
    """Returns how this person stands, by keyed draws."""
    home = weighted(seed, _HOMES, "home", buyer_id)
    is_contact = home == "contact"
    return Standing(
        home=home,
        email_consent=weighted(seed, _EMAIL_CONSENTS, "email consent", buyer_id),
        basis=legal_basis(seed, country, buyer_id),
        is_do_not_contact=is_contact and chance(seed, DO_NOT_CONTACT_RATE, "no contact", buyer_id),
        is_listed=home == "list" or (is_contact and chance(seed, LISTED_RATE, "listed", buyer_id)),
        has_list_opt_in=not chance(seed, LIST_OPT_OUT_RATE, "list opt-out", buyer_id),
        has_duplicate=is_contact and chance(seed, DUPLICATE_CONTACT_RATE, "duplicate", buyer_id),
        is_also_lead=is_contact and chance(seed, ALSO_LEAD_RATE, "also lead", buyer_id),
    )


def legal_basis(seed: int, country: str, key: str) -> Basis:
    """Returns on what a person of this country is written to: what they said, or interest."""
    is_allowed_unasked = country in _ON_LEGITIMATE_INTEREST
    share = _CONSENT_SHARE_THERE if is_allowed_unasked else _CONSENT_SHARE_ELSEWHERE
    return "consent" if chance(seed, share, "basis", key) else "legitimate_interest"
