"""The sales reps of Northbeam: who owns which territory, from which mailbox the agent writes."""

from dataclasses import dataclass

from agent_runtime.sandbox.spelling import slug

VENDOR_DOMAIN = "northbeam.example"
AGENT_DOMAIN = f"mail.{VENDOR_DOMAIN}"
INBOUND_ADDRESS = f"hello@{VENDOR_DOMAIN}"


@dataclass(frozen=True, slots=True)
class Owner:
    """A sales rep; those who left still stand as owner on some records."""

    owner_id: str
    name: str
    territory: str
    team: str
    time_zone: str
    is_active: bool = True

    @property
    def slug(self) -> str:
        """The name as it stands in mailbox names."""
        return slug(self.name)

    @property
    def email(self) -> str:
        """The rep's own address."""
        return human_address(self.name)

    @property
    def agent_mailbox(self) -> str:
        """The address from which the agent writes for this rep."""
        return f"relay-{self.slug}@{AGENT_DOMAIN}"


OWNERS = (
    Owner("005NB0000000001", "Maya Chen", "AMER", "Mid-market", "America/New_York"),
    Owner("005NB0000000002", "Oliver Hughes", "UKI", "Mid-market", "Europe/London"),
    Owner("005NB0000000003", "Lena Vogt", "DACH", "Mid-market", "Europe/Berlin"),
    Owner("005NB0000000004", "Mateo Ruiz", "SEUR", "Mid-market", "Europe/Madrid"),
    Owner("005NB0000000005", "Dana Whitfield", "AMER", "Mid-market", "America/Chicago", False),
    Owner("005NB0000000006", "Paul Renner", "DACH", "Mid-market", "Europe/Berlin", False),
)
ACTIVE_OWNERS = {owner.territory: owner for owner in OWNERS if owner.is_active}
FORMER_OWNERS = {owner.territory: owner for owner in OWNERS if not owner.is_active}


def human_address(name: str) -> str:
    """Returns `<first>.<last>@northbeam.example`, a rep's own address."""
    return f"{slug(name).replace('-', '.')}@{VENDOR_DOMAIN}"
