-- Expects organization_id.
insert into sync.identity_sweeps as w (organization_id, swept_until)
values (%(organization_id)s, now())
on conflict (organization_id) do update set
  swept_until = greatest(w.swept_until, excluded.swept_until)
