"""The BigCommerce dialect: v2 orders, v3 customers, v3 catalogue and refunds."""
