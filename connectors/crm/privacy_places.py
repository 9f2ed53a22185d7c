"""Every place personal data is written to: the one list.

What erases, what exports and what the tests check all go by it. A new table or column of schema
sync or of the CRM's three tables fails a test until it stands here or in `privacy_harmless`.
"""

from __future__ import annotations

from typing import Final

import msgspec


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Columns of one table that hold personal data, and the statements that deal with them.

    `erase`, `export`: names in sql/privacy; "" where Python has to look inside (quarantine), or
    where another place shows the same. `is_ours`: Storeloom wrote it; False for what people and
    chats wrote, which goes only when everything goes.
    """

    table: str
    columns: tuple[str, ...]
    erase: str
    export: str = ""
    is_ours: bool = True


# In the order in which they are erased: a chat is found by its client.
PLACES: Final = (
    Place(
        table="public.contacts",
        columns=("platform_user_id", "name", "avatar_url", "last_message_preview"),
        erase="erase_contacts",
        export="export_contacts",
        is_ours=False,
    ),
    Place(
        table="public.messages",
        columns=("text_content", "attachment_url", "attachment_metadata", "message_platform_id"),
        erase="erase_messages",
        export="export_messages",
        is_ours=False,
    ),
    Place(
        table="public.crm_notes",
        columns=("title", "content", "tags"),
        erase="erase_notes",
        export="export_notes",
        is_ours=False,
    ),
    Place(
        table="public.crm_activities",
        columns=("subject", "description", "metadata"),
        erase="erase_activities",
        export="export_activities",
        is_ours=False,
    ),
    Place(
        table="public.crm_deal_stages_history",
        columns=("notes",),
        erase="erase_deal_stages",
        export="export_deal_stages",
        is_ours=False,
    ),
    Place(
        table="public.crm_deals",
        columns=(
            "name", "description", "lost_reason_details", "won_reason", "tags", "custom_fields",
        ),
        erase="erase_deals",
        export="export_deals",
        is_ours=False,
    ),
    Place(
        table="public.crm_clients",
        columns=(
            "full_name", "company_name", "email", "phone", "secondary_phone", "address",
            "platform_user_id", "source_details", "utm_data", "custom_fields", "tags",
        ),
        erase="erase_clients",
        export="export_clients",
    ),
    Place(
        table="sync.field_edits",
        columns=("earlier_value", "new_value"),
        erase="erase_edits",
        export="export_edits",
    ),
    Place(
        table="sync.client_merges",
        columns=(
            "evidence", "loser", "winner_before", "winner_after", "moved", "set_aside",
        ),
        erase="erase_merges",
        export="export_merges",
    ),
    Place(
        table="sync.address_names",
        columns=("email", "name"),
        erase="erase_address_names",
        export="export_address_names",
    ),
    Place(
        table="public.crm_orders",
        columns=("shipping_address", "tracking_number"),
        erase="erase_orders",
        export="export_orders",
    ),
    Place(
        table="sync.record_map (orders)",
        columns=("details", "content_hash", "row_digest"),
        erase="erase_order_records",
        export="export_order_records",
    ),
    Place(
        table="sync.record_map (who ordered)",
        columns=("person_external_id", "former_person_external_id"),
        erase="erase_order_persons",
    ),
    Place(
        table="sync.identity_reviews",
        columns=("external_id",),
        erase="erase_reviews",
        export="export_reviews",
    ),
    Place(
        table="sync.identity_links",
        columns=("external_id", "evidence", "columns_before", "columns_after"),
        erase="erase_links",
        export="export_links",
    ),
    # Last of those that a person's id leads to: it gives the id away.
    Place(
        table="sync.record_map (persons)",
        columns=("external_id", "details", "content_hash", "row_digest"),
        erase="erase_persons",
        export="export_persons",
    ),
    Place(
        table="sync.quarantine",
        columns=("payload", "reason", "resolved_reason"),
        erase="",
        export="",
    ),
)  # fmt: skip


def places_of(*, is_everything: bool) -> tuple[Place, ...]:
    """Return the places to be erased by a statement: ours, or everybody's."""
    return tuple(one for one in PLACES if one.erase and (one.is_ours or is_everything))
