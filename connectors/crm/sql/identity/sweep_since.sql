-- Since when have the organization's clients not been compared? An hour back, for transactions that
-- began before and ended after. Expects organization_id. Returns since.
select w.swept_until - interval '1 hour' as since
from sync.identity_sweeps as w
where w.organization_id = %(organization_id)s
