"""Reads stores and writes the CRM. Knows nothing of Dagster."""
