"""The vendors by name, and the account that the settings set up."""

from agent_runtime.channels.voice.carrier.account import OWN_REGION, CarrierAccount, Region
from agent_runtime.channels.voice.carrier.plivo import Plivo
from agent_runtime.channels.voice.carrier.telnyx import Telnyx
from agent_runtime.channels.voice.carrier.twilio import Twilio
from agent_runtime.channels.voice.carrier.vendor import Vendor
from agent_runtime.errors import ParleyError
from agent_runtime.settings import Settings

_VENDORS = {"twilio": Twilio, "telnyx": Telnyx, "plivo": Plivo}


def vendor_of(account: CarrierAccount) -> Vendor:
    """Returns who speaks as the vendor of an account does."""
    return _VENDORS[account.vendor](account)


def account_of(settings: Settings) -> CarrierAccount | None:
    """Returns the account that places calls, or None where none is set up.

    Raises:
        ParleyError: what its vendor needs is missing.
    """
    known = settings.voice_carrier
    if known is None:
        return None
    secret = known.secret.get_secret_value()
    if not settings.public_url:
        raise ParleyError(
            "PARLEY_VOICE_CARRIER is set, but PARLEY_PUBLIC_URL is empty; set it to where the "
            "carrier reaches `parley serve`, such as https://calls.example.com."
        )
    if known.vendor == "telnyx" and not (known.application and known.public_key):
        raise ParleyError(
            "PARLEY_VOICE_CARRIER names telnyx without application or public_key; set the id of "
            "the TeXML application and the account's public key."
        )
    regions = tuple(
        Region(one.url.rstrip("/"), one.secret.get_secret_value() or secret)
        for one in known.regions
    )
    return CarrierAccount(
        vendor=known.vendor,
        account=known.account,
        regions=regions or (Region(OWN_REGION[known.vendor], secret),),
        public_url=settings.public_url.rstrip("/"),
        application=known.application,
        public_key=known.public_key,
        shares_log=known.shares_log,
        detects_machines=known.detects_machines,
        transfers=known.transfers,
    )
