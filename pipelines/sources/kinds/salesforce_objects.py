"""Standard Salesforce objects and the fields that campaigns have a use for.

Reference: Salesforce, Object Reference for the Salesforce Platform.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SalesforceObject:
    """One object: its fields, and the one by which changes are found."""

    object: str
    fields: tuple[str, ...]
    about: str
    cursor: str = "SystemModstamp"


def _fields(names: str) -> tuple[str, ...]:
    return tuple(names.split())


OBJECTS: dict[str, SalesforceObject] = {
    "users": SalesforceObject(
        "User",
        _fields("Name Email Username IsActive Department TimeZoneSidKey"),
        "One row per user",
    ),
    "accounts": SalesforceObject(
        "Account",
        _fields(
            "Name Website Industry NumberOfEmployees AnnualRevenue BillingCountry "
            "BillingCountryCode OwnerId ParentId CreatedDate"
        ),
        "One row per account",
    ),
    "contacts": SalesforceObject(
        "Contact",
        _fields(
            "AccountId FirstName LastName Email Phone Title MailingCountry MailingCountryCode "
            "OwnerId HasOptedOutOfEmail DoNotCall LastActivityDate CreatedDate"
        ),
        "One row per contact",
    ),
    "leads": SalesforceObject(
        "Lead",
        _fields(
            "FirstName LastName Company Website Email Phone Title Country CountryCode Status "
            "LeadSource OwnerId HasOptedOutOfEmail DoNotCall IsConverted ConvertedContactId "
            "CreatedDate"
        ),
        "One row per lead",
    ),
    "opportunities": SalesforceObject(
        "Opportunity",
        _fields(
            "AccountId ContactId OwnerId Name StageName Amount CurrencyIsoCode CloseDate IsClosed "
            "IsWon LeadSource CreatedDate"
        ),
        "One row per opportunity",
    ),
    "opportunity_history": SalesforceObject(
        "OpportunityHistory",
        _fields("OpportunityId StageName Amount CloseDate CreatedById CreatedDate"),
        "One row per change of stage, amount or close date of an opportunity",
    ),
    "tasks": SalesforceObject(
        "Task",
        _fields("WhoId WhatId OwnerId Subject TaskSubtype Status ActivityDate CreatedDate"),
        "One row per task, logged call or logged e-mail",
    ),
    "events": SalesforceObject(
        "Event",
        _fields("WhoId WhatId OwnerId Subject StartDateTime EndDateTime CreatedDate"),
        "One row per calendar event",
    ),
    "campaigns": SalesforceObject(
        "Campaign", _fields("Name Type Status StartDate EndDate"), "One row per marketing campaign"
    ),
    "campaign_members": SalesforceObject(
        "CampaignMember",
        _fields("CampaignId ContactId LeadId Status HasResponded FirstRespondedDate CreatedDate"),
        "One row per person in a marketing campaign",
    ),
}
"""Standard tables by name, in the order in which they are read."""
