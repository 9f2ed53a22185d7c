"""The WooCommerce REST v3 dialect."""
