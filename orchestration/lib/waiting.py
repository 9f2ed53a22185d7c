"""What waits in quarantine, as a table on the asset it is missing from.

Never a payload, and no reason either: reasons quote what could not be read, which may be personal,
and Dagster keeps metadata for as long as the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dagster import DagsterInstance, MarkdownMetadataValue

from connectors.crm.advice import advised
from connectors.crm.counts import open_quarantine
from connectors.crm.quarantine import Quarantined, list_quarantine
from connectors.records import Stream
from orchestration.lib.outcomes import StoreOutcome
from orchestration.lib.resources import Crm

# The tag of a run some of whose records went to quarantine; its value names the stores.
DEGRADED: Final = "storeloom/degraded"
_MOST_ROWS: Final = 20
_MOST_STORES: Final = 10


def waiting_tables(crm: Crm, key: str) -> dict[Stream, MarkdownMetadataValue]:
    """Return a table of what waits of each stream of a store; no entry where nothing does."""
    with crm.connection() as connection:
        counted = {one.stream: one.rows for one in open_quarantine(connection, key)}
        return {
            stream: MarkdownMetadataValue(
                waiting_table(
                    list_quarantine(connection, store=key, stream=stream, limit=_MOST_ROWS), total
                )
            )
            for stream, total in counted.items()
        }


def waiting_table(rows: Sequence[Quarantined], total: int) -> str:
    """Return rows as Markdown, and how many more there are."""
    lines = [
        "| number | record | code | what to do | first seen (UTC) | attempts |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = (
            str(row.id),
            row.external_id or "–",
            row.code,
            advised("", row.code),
            f"{row.first_seen_at:%Y-%m-%d %H:%M}",
            str(row.attempts),
        )
        lines.append("| " + " | ".join(map(_cell, cells)) + " |")
    if total > len(rows):
        lines.append(f"\n{total - len(rows):,} more: `storeloom quarantine list`")
    return "\n".join(lines)


def tag_degraded(instance: DagsterInstance, run_id: str, outcomes: Sequence[StoreOutcome]) -> None:
    """Mark a run visibly whose stores went through with records put aside."""
    stores = [outcome.store for outcome in outcomes if outcome.is_degraded]
    if not stores:
        return
    shown = ", ".join(stores[:_MOST_STORES])
    more = f" and {len(stores) - _MOST_STORES} more" if len(stores) > _MOST_STORES else ""
    instance.add_run_tags(run_id, {DEGRADED: shown + more})


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
