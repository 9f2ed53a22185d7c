-- Change the reporting currency of organization_id, which has no orders yet.
update public.organizations
set reporting_currency = %(reporting_currency)s
where id = %(organization_id)s
