"""The Shopify Admin GraphQL dialect."""
