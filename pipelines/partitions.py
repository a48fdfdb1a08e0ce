"""Partition definitions, declared once and imported everywhere."""

import dagster as dg

DAILY = dg.DailyPartitionsDefinition(start_date="2016-01-01", timezone="UTC", end_offset=1)
"""One partition per UTC day; the last one is today's, which is still being written."""
