{#
  Views that are replaced in place, never dropped.

  dbt-postgres replaces a view by renaming it away and dropping it with CASCADE (dbt-core#2185,
  closed as "won't fix"). A materialized view over it goes down with it: half a second of "relation
  does not exist" for its readers at every build, grants lost, and no view at all for as long as a
  failing test skips what follows.

  `create or replace view` keeps the relation, but refuses to drop, reorder or retype a column. Then
  the old view is moved aside, its dependents go on reading from it, each is rebuilt when its turn
  comes (`materialized_view_get_build_sql` looks for exactly this), and `drop_superseded_views`
  removes what nobody reads any more.
#}
{% materialization view, adapter='postgres' %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='view') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if existing_relation is not none and not existing_relation.is_view -%}
        {%- do exceptions.raise_compiler_error(
            existing_relation ~ " is a " ~ existing_relation.type ~ " that this project did not "
            ~ "make, and dropping it could lose data. Drop or rename it, then build again."
        ) -%}
    {%- endif -%}

    {% call statement('main') %}
        {{ create_or_supersede_view_sql(target_relation, sql) }}
    {% endcall %}

    {% do apply_grants(target_relation, config.get('grants'), should_revoke=True) %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{% macro create_or_supersede_view_sql(relation, sql) %}
do $storeloom_ddl$
begin
    execute $storeloom_view$
        create or replace view {{ relation }} as
        {{ sql }}
    $storeloom_view$;
-- What "cannot drop columns from view" and its kin are called.
exception when invalid_table_definition then
    execute format(
        'alter view %s rename to %I',
        '{{ relation }}'::pg_catalog.regclass,
        -- The oid keeps two changes in a row apart.
        left('{{ relation.identifier }}', 36) || '__superseded_' || '{{ relation }}'::pg_catalog.regclass::oid
    );
    execute $storeloom_view$
        create view {{ relation }} as
        {{ sql }}
    $storeloom_view$;
end
$storeloom_ddl$;
{% endmacro %}


{# Views moved aside above, once nothing reads from them; the others wait for the next build. #}
{% macro drop_superseded_views() %}
{% if execute and flags.WHICH in ('build', 'run') %}
do $storeloom_ddl$
declare
    superseded regclass;
begin
    for superseded in
        select class.oid
        from pg_catalog.pg_class as class
        where class.relkind = 'v'
            and class.relnamespace in (
                pg_catalog.to_regnamespace('{{ target.schema }}'),
                pg_catalog.to_regnamespace('marts')
            )
            and class.relname ~ '__superseded_[0-9]+$'
            and not exists (
                select 1
                from pg_catalog.pg_depend as dependency
                inner join pg_catalog.pg_rewrite as rule on dependency.objid = rule.oid
                where dependency.classid = 'pg_catalog.pg_rewrite'::regclass
                    and dependency.refclassid = 'pg_catalog.pg_class'::regclass
                    and dependency.refobjid = class.oid
                    and rule.ev_class <> class.oid
            )
    loop
        execute format('drop view %s', superseded);
    end loop;
end
$storeloom_ddl$;
{% endif %}
{% endmacro %}
