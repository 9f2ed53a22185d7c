"""BigCommerce stores: orders of the v2 API, customers and catalogue of the v3 API."""
