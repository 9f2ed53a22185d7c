"""dbt's documentation as one page that works without a network: settled, pictured, served."""
