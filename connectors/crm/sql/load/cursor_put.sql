-- Expects organization_id, store_id, stream, watermark, window_start, window_end, resume.
-- The watermark never goes back: a full reading starts at the beginning without forgetting.
insert into sync.cursors as c (
  organization_id, store_id, stream, watermark, window_start, window_end, resume
)
values (
  %(organization_id)s, %(store_id)s, %(stream)s, %(watermark)s,
  %(window_start)s, %(window_end)s, %(resume)s
)
on conflict (store_id, stream) do update set
  watermark = greatest(c.watermark, excluded.watermark),
  window_start = excluded.window_start,
  window_end = excluded.window_end,
  resume = excluded.resume,
  updated_at = now()
where c.organization_id = excluded.organization_id
