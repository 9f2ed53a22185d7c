-- What becomes of a refused record: who refused it, whether it still waits, and how it left.

alter table sync.quarantine
-- By which Storeloom, which mapping code and which settings of the store it was refused last. When one
-- of them has changed it is tried again, once. NULL: refused before this was kept.
add column version text,
add column mapping_revision text,
add column settings_digest text,
-- How it left. NULL while it waits, and for those that left before this was kept.
add column resolution text,
-- A person's name or a run, and why a person discarded it.
add column resolved_by text,
add column resolved_reason text,
add constraint quarantine_resolution_check
check (resolution in ('arrived', 'replayed', 'deleted', 'discarded')),
add constraint quarantine_resolved_check check (resolution is null or resolved_at is not null),
add constraint quarantine_discarded_check
check (resolution is distinct from 'discarded' or resolved_reason is not null);

-- Discarded: the store still has it, and a person has said that nobody needs it here.
alter table sync.quarantine add column state text not null generated always as (
  case
    when resolved_at is null then 'open'
    when resolution = 'discarded' then 'discarded'
    else 'resolved'
  end
) stored;

-- Every batch asks whether one of its records is in here.
drop index sync.idx_quarantine_open;
create index idx_quarantine_unresolved on sync.quarantine (store_id, stream, external_id)
where state <> 'resolved';
