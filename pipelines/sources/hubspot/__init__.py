"""HubSpot as a source: what changed there since the last pull, landed and made into an export."""
