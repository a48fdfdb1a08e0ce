"""The landed tables of an account, without anything heavy, for Dagster's definitions."""

TABLES = {
    "contacts": "One row per person in HubSpot",
    "companies": "One row per company in HubSpot",
    "deals": "One row per deal in HubSpot",
    "calls": "One row per logged call",
    "emails": "One row per logged e-mail; its text is not read",
    "meetings": "One row per meeting, past or ahead",
    "notes": "One row per note; its text is not read",
    "tasks": "One row per task of a rep",
    "communications": "One row per logged text, chat or LinkedIn message; its text is not read",
    "subscriptions": "One row per address and kind of mail: agreed to, refused, or neither",
    "owners": "One row per HubSpot user who owns records, those who have left too",
    "stages": "One row per stage of a pipeline of deals",
    "subscription_types": "One row per kind of mail that people can refuse",
    "list_members": "One row per list that is named in the settings, and contact on it",
    "properties": "One row per property that a kind of record has",
}
"""What a row of each stands for."""
