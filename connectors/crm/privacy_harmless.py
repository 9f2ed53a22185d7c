"""The columns that hold nothing personal: the other half of the list in `privacy_places`.

Ids (of customers and orders at their store, too: without them nobody could tell whose personal data
is not to be stored again), amounts, dates, states, goods, and what operators say of themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

HOLDS_NOTHING: Final[Mapping[str, tuple[str, ...]]] = {
    "public.crm_clients": (
        "id", "organization_id", "contact_id", "client_type", "ecommerce_customer_id",
        "total_orders", "total_revenue", "average_order_value", "source", "lifecycle_stage",
        "lead_score", "lead_quality", "assigned_to", "first_contact_date", "last_contact_date",
        "next_follow_up_date", "created_at", "updated_at",
    ),
    "public.crm_orders": (
        "id", "organization_id", "client_id", "deal_id", "order_number", "ecommerce_order_id",
        "subtotal", "tax", "shipping", "discount", "total", "currency", "status", "items",
        "order_date", "shipped_date", "delivered_date", "created_at", "updated_at",
        "refunded_total", "exchange_rate", "net_revenue",
    ),
    "public.crm_products": (
        "id", "organization_id", "name", "description", "sku", "category", "price", "cost",
        "currency", "ecommerce_product_id", "is_active", "custom_fields", "created_at",
        "updated_at", "parent_ecommerce_product_id",
    ),
    "sync.address_names": (
        "organization_id", "first_seen_at",
    ),
    "sync.allowances": (
        "store_id", "organization_id", "level", "maximum", "per_second", "as_of",
    ),
    "sync.client_ltv": (
        "organization_id", "client_id", "as_of", "ltv", "order_count",
    ),
    "sync.client_ltv_predictions": (
        "organization_id", "client_id", "as_of", "ltv_method", "p_alive", "expected_orders_90d",
        "expected_orders_365d", "expected_order_value", "predicted_ltv_365d",
        "reporting_currency",
    ),
    "sync.client_merges": (
        "id", "organization_id", "winner_id", "loser_id", "reason", "run_id", "merged_at",
        "undone_at",
    ),
    "sync.cursors": (
        "store_id", "stream", "organization_id", "watermark", "window_start", "window_end",
        "resume", "updated_at", "settled_until", "scanned_at", "listed_at", "listed_difference",
    ),
    "sync.departed_customers": (
        "store_id", "external_id", "organization_id", "run_id", "noted_at",
    ),
    "sync.erased_records": (
        "store_id", "entity", "external_id", "organization_id", "erasure_id", "erased_at",
    ),
    "sync.erasures": (
        "id", "organization_id", "store_id", "scope", "is_everything", "requested_by", "run_id",
        "erased_at", "client_ids", "counts",
    ),
    "sync.exchange_rates": (
        "base_currency", "quote_currency", "rate_date", "rate", "source", "loaded_at",
        "valid_until",
    ),
    "sync.field_edits": (
        "id", "organization_id", "table_name", "row_id", "column_name", "edited_at",
        "author_id", "login", "state", "settled_at", "run_id", "store_id", "stream",
        "external_id",
    ),
    "sync.identity_links": (
        "id", "organization_id", "store_id", "entity", "client_id", "reason", "run_id",
        "linked_at", "undone_at",
    ),
    "sync.identity_pins": (
        "id", "organization_id", "client_id", "other_id", "created_at",
    ),
    "sync.identity_reviews": (
        "id", "organization_id", "store_id", "entity", "client_id", "candidate_ids", "reason",
        "status", "created_at", "resolved_at",
    ),
    "sync.identity_sweeps": (
        "organization_id", "swept_until",
    ),
    "sync.leases": (
        "store_id", "organization_id", "token", "holder", "run_id", "acquired_at",
        "heartbeat_at", "released_at",
    ),
    "sync.loads": (
        "id", "organization_id", "store_id", "stream", "run_id", "lease_token", "fetched",
        "inserted", "updated", "unchanged", "skipped", "quarantined", "watermark", "loaded_at",
        "deleted",
    ),
    "sync.ltv_fits": (
        "organization_id", "as_of", "ltv_method", "reason", "reporting_currency", "clients",
        "repeat_clients", "value_clients", "unrated_orders", "r", "alpha", "a", "b",
        "log_likelihood", "p", "q", "v", "value_log_likelihood", "frequency_value_correlation",
        "is_converged", "holdout_days", "holdout_clients", "holdout_predicted_orders",
        "holdout_actual_orders", "holdout_mean_absolute_error", "holdout_correlation",
        "holdout_deciles", "seconds", "fitted_at",
    ),
    "sync.quarantine": (
        "id", "organization_id", "store_id", "stream", "external_id", "fingerprint", "code",
        "payload_kind", "run_id", "first_seen_at", "last_seen_at", "attempts", "resolved_at",
        "erased_at", "version", "mapping_revision", "settings_digest", "resolution",
        "resolved_by", "state",
    ),
    "sync.reconciliations": (
        "id", "organization_id", "store_id", "run_id", "stream", "kind", "day", "status",
        "currency", "store_rows", "store_total", "store_refunded", "crm_rows", "crm_total",
        "crm_refunded", "found_rows", "found_total", "found_refunded", "state", "record_ids",
        "record_count", "record_columns", "watermark", "checked_at",
    ),
    "sync.record_map": (
        "store_id", "entity", "organization_id", "crm_id", "source_updated_at", "deleted_at",
        "source_status", "link_reason", "created_at", "updated_at", "person_entity",
        "former_person_entity", "load_id", "erased_at", "compared_at", "written_rate",
    ),
    "sync.rereads": (
        "store_id", "stream", "external_id", "organization_id", "reason", "is_forced", "run_id",
        "noted_at",
    ),
    "sync.run_heartbeats": (
        "run_id", "host", "process_id", "started_at", "beat_at",
    ),
    "sync.store_credentials": (
        "store_id", "organization_id", "envelope", "updated_at",
    ),
    "sync.stores": (
        "id", "organization_id", "key", "platform", "base_url", "currency", "time_zone",
        "id_prefix", "order_number_prefix", "settings", "status", "created_at", "updated_at",
    ),
    "sync.win_rates": (
        "organization_id", "as_of", "dimension", "close_month", "owner_id", "source",
        "won_count", "lost_count", "won_value", "lost_value", "win_rate", "win_rate_by_value",
        "id",
    ),
}  # fmt: skip
