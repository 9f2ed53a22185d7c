-- What was said in the chat; that something was said, when and by whom of us, stays.
-- Expects organization_id, client_ids. Returns the messages written.
update public.messages as g
set
  text_content = null,
  attachment_url = null,
  attachment_metadata = null,
  message_platform_id = null
where
  g.organization_id = %(organization_id)s
  and g.contact_id in (
    select c.contact_id
    from public.crm_clients as c
    where c.organization_id = %(organization_id)s and c.id = any(%(client_ids)s::uuid [])
  )
  and num_nonnulls(
    g.text_content, g.attachment_url, g.attachment_metadata, g.message_platform_id
  ) > 0
returning g.id
