"""Batch code: tables in, tables out, scheduled by Dagster."""
