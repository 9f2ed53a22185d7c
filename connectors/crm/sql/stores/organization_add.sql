-- Expects name and reporting_currency (NULL for the default). Returns the new organization_id.
insert into public.organizations (name, reporting_currency)
values (%(name)s, coalesce(%(reporting_currency)s::text, 'USD'))
returning id::text
