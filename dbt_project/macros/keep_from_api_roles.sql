{#
  Takes a relation out of the API's reach and lets the service role read it, and only read.

  Row-level security does not apply to a materialized view: whoever may select from it sees every
  tenant's figures. dbt's `grants` cannot help, it looks for existing grants where materialized views
  are not listed and so never revokes any. Runs inside the transaction that makes the relation, so
  there is no moment at which default privileges open it. Writes only when something is to be
  changed: two builds at once would otherwise fail on the same catalog row.
#}
{% macro keep_from_api_roles(relation) %}
do $storeloom_ddl$
declare
    stranger text;
begin
    for stranger in
        select distinct
            -- 0 is PUBLIC.
            case when privilege.grantee = 0 then 'public' else privilege.grantee::pg_catalog.regrole::text end
        from pg_catalog.pg_class as class, lateral pg_catalog.aclexplode(class.relacl) as privilege
        where class.oid = '{{ relation }}'::pg_catalog.regclass
            and (
                privilege.grantee in (
                    0, pg_catalog.to_regrole('anon')::oid, pg_catalog.to_regrole('authenticated')::oid
                )
                or (
                    privilege.grantee = pg_catalog.to_regrole('service_role')::oid
                    and privilege.privilege_type <> 'SELECT'
                )
            )
    loop
        execute pg_catalog.format(
            'revoke all on %s from %s', '{{ relation }}'::pg_catalog.regclass, stranger
        );
    end loop;
    if pg_catalog.to_regrole('service_role') is not null
        and not pg_catalog.has_table_privilege(
            'service_role', '{{ relation }}'::pg_catalog.regclass, 'select'
        )
    then
        grant select on {{ relation }} to service_role;
    end if;
end
$storeloom_ddl$;
{% endmacro %}
