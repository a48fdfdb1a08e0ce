"""The columns of every export file, in order."""

from collections.abc import Mapping
from typing import Any

Row = dict[str, Any]
"""One row by column name; None is a null, everything else is written as `str` gives it."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    name: tuple(columns.split())
    for name, columns in {
        "crm_owners.csv": "owner_id name email territory team active",
        "crm_territories.csv": "territory country language time_zone",
        "crm_accounts.csv": (
            "account_id name website industry employees annual_revenue_usd country territory"
            " owner_id parent_account_id health_score created_at"
        ),
        "crm_contacts.csv": (
            "contact_id account_id first_name last_name email phone title seniority country"
            " language time_zone owner_id do_not_contact created_at last_touch_at"
        ),
        "crm_leads.csv": (
            "lead_id first_name last_name email phone company website title country language"
            " time_zone stage source owner_id created_at updated_at"
        ),
        "crm_opportunities.csv": (
            "opportunity_id account_id contact_id owner_id product stage amount_usd opened_at"
            " closed_at lost_reason"
        ),
        "crm_activities.csv": "activity_id contact_id owner_id kind subject occurred_at",
        "crm_consents.csv": (
            "consent_id contact_ref email channel purpose basis status source recorded_at"
        ),
        "crm_products.csv": "product_id name series list_price_usd",
        "crm_contracts.csv": (
            "contract_id account_id product starts_at renews_at amount_usd status"
        ),
        "crm_meeting_types.csv": "meeting_type minutes buffer_minutes agenda",
        "marketing_list.csv": (
            "subscriber_id email full_name company country language opt_in opt_in_source opt_in_at"
        ),
        "usage_daily.parquet": "account_id day metric value",
        "usage_milestones.csv": "account_id milestone reached_at",
        "intent_signals.csv": "signal_id company_domain topic score observed_at",
        "form_fills.csv": "form_id email form use_case urgency submitted_at",
        "event_registrations.csv": "registration_id email event sessions_attended registered_at",
    }.items()
}
