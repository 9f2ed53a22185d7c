"""The destination: the CRM's PostgreSQL, and everything that writes to it."""
