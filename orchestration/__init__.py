"""When things happen: Storeloom's Dagster code location and its command line.

No SQL and no HTTP live here: reading, loading and measuring belong to `connectors`.
"""
