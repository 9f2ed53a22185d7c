"""Shopify: Admin GraphQL."""
