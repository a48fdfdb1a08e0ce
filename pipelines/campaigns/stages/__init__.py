"""The life of a campaign: sandbox, pilot, hardening, scale, each with what it takes to enter."""
