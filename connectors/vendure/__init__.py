"""Vendure: Admin GraphQL API, version 3."""
