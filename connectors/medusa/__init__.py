"""Medusa: Admin REST API, version 2."""
