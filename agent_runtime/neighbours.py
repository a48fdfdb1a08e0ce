"""The worker's neighbours as the settings name them: carrier, calendars, CRM."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from agent_runtime.calling.dialler import Dialler, NoDialler
from agent_runtime.crm_port import Crm
from agent_runtime.domain import ChannelName
from agent_runtime.endpoints import Endpoints
from agent_runtime.newcomers import Owner
from agent_runtime.ports import Calendar, MailChannel, Store
from agent_runtime.settings import Settings
from agent_runtime.tools.caldav_calendar import CalDavCalendar
from agent_runtime.tools.local_crm import LocalCrm
from agent_runtime.tools.office_hours import office_hours

if TYPE_CHECKING:
    from agent_runtime.tools.salesforce_api import SalesforceApi


def text_channels(settings: Settings) -> dict[ChannelName, MailChannel]:
    """Returns the channels of the carrier, each of which needs a number of ours."""
    named = {"sms": settings.sms_number, "whatsapp": settings.whatsapp_number}
    numbers = {name: number for name, number in named.items() if number}
    if not (settings.carrier_account and numbers):
        return {}
    from agent_runtime.channels.carrier.twilio import CarrierAccount, TwilioChannel

    carrier = TwilioChannel(
        CarrierAccount(
            url=settings.carrier_url,
            account=settings.carrier_account,
            token=settings.carrier_token.get_secret_value(),
            numbers=numbers,
            public_url=settings.public_url.rstrip("/"),
        )
    )
    return {name: carrier for name in ("sms", "whatsapp") if name in numbers}


def open_calendar(
    settings: Settings,
    endpoints: Endpoints,
    owners: tuple[Owner, ...],
    clock: Callable[[], datetime],
) -> Calendar:
    """Returns the calendars of the owners: Google's where a token is set, else CalDAV's."""
    hours, token = office_hours(owners), settings.google_token.get_secret_value()
    if not token:
        return CalDavCalendar(endpoints.caldav_url, hours=hours, clock=clock)
    from agent_runtime.tools.google_calendar import GoogleCalendar

    calendars = {owner.owner_id: owner.email for owner in owners}
    return GoogleCalendar(
        lambda: token, hours=hours, calendars=calendars, clock=clock, url=settings.google_url
    )


def open_salesforce(settings: Settings) -> "SalesforceApi":
    """Returns the org of the settings; no request is made."""
    from agent_runtime.tools.salesforce_api import SalesforceApi
    from agent_runtime.tools.salesforce_session import SalesforceSession

    session = SalesforceSession(
        settings.salesforce_token.get_secret_value(),
        client_id=settings.salesforce_client_id,
        client_secret=settings.salesforce_client_secret.get_secret_value(),
    )
    return SalesforceApi(settings.salesforce_url, session)


def open_crm(settings: Settings, store: Store) -> Crm:
    """Returns the CRM: HubSpot's or Salesforce's where a token is set, else our own store.

    Raises:
        OwnerRulesError: the file of owner rules cannot be read.
    """
    if settings.has_salesforce:
        from agent_runtime.tools.salesforce import SalesforceCrm

        return SalesforceCrm(open_salesforce(settings))
    token = settings.hubspot_token
    if not token:
        return LocalCrm(store)
    from agent_runtime.tools.hubspot import HubSpotCrm
    from agent_runtime.tools.hubspot_api import HubSpotApi
    from agent_runtime.tools.owner_rules import read_owner_rules

    rules = read_owner_rules(settings.crm_owner_rules)
    return HubSpotCrm(HubSpotApi(settings.hubspot_url, token.get_secret_value()), rules=rules)


def open_dialler(settings: Settings, *, clock: Callable[[], datetime]) -> Dialler:
    """Returns what places calls: SIP trunks, else a carrier; without telephony nothing rings.

    Raises:
        ParleyError: a carrier is named and something that it needs is missing.
    """
    if settings.sip is not None and settings.sip.dials:
        from agent_runtime.channels.voice.sip.dialler import SipDialler
        from agent_runtime.channels.voice.sip.orders import socket_of

        return SipDialler(socket_of(settings.workspace))
    if settings.voice_carrier is None:
        return NoDialler()
    from agent_runtime.channels.voice.carrier.dialler import CarrierDialler
    from agent_runtime.channels.voice.carrier.vendors import account_of

    account = account_of(settings)
    return CarrierDialler(account, clock=clock) if account else NoDialler()
