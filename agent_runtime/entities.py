"""Verbatim spans that later turns and the CRM need: tools, times, budget, timeline."""

import re

from agent_runtime.spoken_times import hear_time

_TOOL = re.compile(
    r"\b(?:Salesforce|HubSpot|Dynamics(?: 365)?|Pipedrive|Zoho|Snowflake|BigQuery|Redshift|Databricks"
    r"|Postgres(?:QL)?|MySQL|SQL Server|Marketo|Pardot|Zendesk|NetSuite|SAP|Oracle|Stripe|Segment"
    r"|Fivetran|Airbyte|Zapier|MuleSoft|Excel|Google Sheets|Power BI|Tableau|Looker|dbt)\b",
    re.IGNORECASE,
)
_BUDGET = re.compile(
    r"(?:[€$£]\s?\d[\d.,]*\s?(?:k|m|million|mil)?|\b\d[\d.,]*\s?(?:k\s?)?(?:€|euros?|eur|usd|dollars?"
    r"|pounds|gbp)\b)",
    re.IGNORECASE,
)
_TIMELINE = re.compile(
    r"\b(?:Q[1-4](?: 20\d\d)?|(?:next|this) (?:quarter|month|year|summer|autumn|spring|fall)"
    r"|(?:end|beginning|middle) of (?:the )?(?:year|quarter|month)|(?:el )?(?:próximo|este) (?:trimestre"
    r"|mes|año)|(?:nächste[sn]?|diese[sn]?) (?:quartal|monat|jahr)|(?:le )?(?:trimestre|mois) prochain"
    r"|l'année prochaine|(?:o )?próximo (?:trimestre|mês|ano)|(?:il )?prossimo (?:trimestre|mese|anno)"
    r"|in (?:two|three|six|\d+) (?:weeks|months)|en (?:dos|tres|seis|\d+) meses|in (?:zwei|drei|sechs"
    r"|\d+) (?:wochen|monaten)|dans (?:deux|trois|six|\d+) mois|em (?:dois|três|seis|\d+) meses"
    r"|tra (?:due|tre|sei|\d+) mesi)\b",
    re.IGNORECASE,
)


def find_entities(text: str, language: str) -> tuple[tuple[str, str], ...]:
    """Returns name and span of each entity, at most one a name."""
    found = (
        ("tool", _first(_TOOL, text)),
        ("budget", _first(_BUDGET, text)),
        ("timeline", _first(_TIMELINE, text)),
        ("requested_time", hear_time(text, language).words),
    )
    return tuple((name, span) for name, span in found if span)


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[0] if match else ""
