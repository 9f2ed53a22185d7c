{#
  Creating, refreshing and rebuilding the materialized views so that readers never wait and never
  see an old definition. Four gaps of dbt-postgres are closed here; tests/dbt has one test for each.
#}


{#
  Rebuild on changed SQL, refresh otherwise.

  dbt compares nothing but the indexes of an existing materialized view: after a change of its SQL a
  build says OK and refreshes the old query (dbt-core#8862, dbt-adapters#234). The hash of what was
  built is therefore kept as the comment of the unique index (the view's own comment holds its
  description) and another hash, or none, means rebuild.
#}
{% macro materialized_view_get_build_sql(
    existing_relation, target_relation, backup_relation, intermediate_relation
) %}
    {%- set mark = materialized_view_mark(target_relation, sql) -%}
    {%- if existing_relation is none -%}
        {%- do return(
            postgres__get_create_materialized_view_as_sql(target_relation, sql)
            ~ mark_materialized_view_sql(target_relation, mark)
        ) -%}
    {%- elif not existing_relation.is_materialized_view -%}
        {%- do exceptions.raise_compiler_error(
            existing_relation ~ " is a " ~ existing_relation.type ~ ", not the materialized view "
            ~ "this project makes, and dropping it could lose data. Drop or rename it, then build "
            ~ "again."
        ) -%}
    {%- elif should_full_refresh() or is_stale_materialized_view(target_relation, mark) -%}
        {{- log('Rebuilding ' ~ target_relation ~ ': its definition changed', info=True) -}}
        {%- do return(
            postgres__get_create_materialized_view_as_sql(intermediate_relation, sql)
            ~ "\nselect private.swap_materialized_view('" ~ intermediate_relation ~ "', '"
            ~ target_relation ~ "');\n"
            ~ mark_materialized_view_sql(target_relation, mark)
        ) -%}
    {%- else -%}
        {%- do return(refresh_materialized_view(target_relation)) -%}
    {%- endif -%}
{% endmacro %}


{# The database's name is left out: a copy under another name is not another definition. #}
{% macro materialized_view_mark(relation, sql) %}
    {%- set text = sql | replace('"' ~ target.database ~ '".', '') | trim -%}
    {%- do return('storeloom ' ~ local_md5(text ~ config.get('indexes', []))) -%}
{% endmacro %}


{% macro mark_materialized_view_sql(relation, mark) %}
    comment on index {{ relation.include(database=false, identifier=false) }}."idx_{{ relation.identifier }}"
    is '{{ mark }}';
{% endmacro %}


{# Another mark, or a staging view below it that was moved aside by an incompatible change. #}
{% macro is_stale_materialized_view(relation, mark) %}
    {% set query %}
        with recursive below as (
            select '{{ relation }}'::pg_catalog.regclass::oid as oid
            union
            select dependency.refobjid
            from below
            inner join pg_catalog.pg_rewrite as rule on below.oid = rule.ev_class
            inner join pg_catalog.pg_depend as dependency
                on rule.oid = dependency.objid
                    and dependency.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                    and dependency.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        )

        select
            coalesce(
                pg_catalog.obj_description(
                    pg_catalog.to_regclass(
                        '"{{ relation.schema }}"."idx_{{ relation.identifier }}"'
                    ),
                    'pg_class'
                ),
                ''
            ) <> '{{ mark }}'
            or exists (
                select 1
                from below
                inner join pg_catalog.pg_class as class on below.oid = class.oid
                where class.relname ~ '__superseded_[0-9]+$'
            )
    {% endset %}
    {%- do return(run_query(query).columns[0][0]) -%}
{% endmacro %}


{#
  Create, with its indexes. Without IF NOT EXISTS: a view that somebody else made meanwhile would
  silently stay, under a mark that says it is ours.
#}
{% macro postgres__get_create_materialized_view_as_sql(relation, sql) %}
    create materialized view {{ relation }} as
    {{ sql }};
    {% for index in config.get('indexes', []) %}
    {{ get_create_index_sql(relation, index) }};
    {% endfor %}
{% endmacro %}


{#
  The documented unique index: a stable name, and NULLS NOT DISTINCT.

  dbt names an index by a hash with the time in it, and its `indexes` config refuses the option. With
  a plain unique index two rows that share a NULL owner count as different, so a doubled key is never
  noticed; an index on coalesce() notices, but forbids a concurrent refresh.
  Other relations keep dbt's names: theirs are built beside an old index of the same name.
#}
{% macro postgres__get_create_index_sql(relation, index_dict) -%}
    {%- set index = adapter.parse_index(index_dict) -%}
    {%- if relation.identifier.startswith('analytics_') -%}
        {%- set name = 'idx_' ~ relation.identifier ~ ('' if index.unique else '_' ~ index.columns | join('_')) -%}
    {%- else -%}
        {%- set name = index.render(relation) -%}
    {%- endif -%}
    create {{ 'unique ' if index.unique }}index if not exists "{{ name }}"
    on {{ relation }}{{ ' using ' ~ index.type if index.type }} ({{ index.columns | join(', ') }})
    {{- ' nulls not distinct' if index.unique }}
{%- endmacro %}


{#
  Refresh without locking readers out.

  The adapter always says REFRESH MATERIALIZED VIEW, which holds ACCESS EXCLUSIVE for as long as the
  query takes (dbt-adapters#2040). CONCURRENTLY wants a populated view and a unique index on plain
  columns over all rows; without either there is only the plain form.
#}
{% macro postgres__refresh_materialized_view(relation) %}
    {% set query %}
        select exists (
            select 1
            from pg_catalog.pg_class as class
            inner join pg_catalog.pg_index as index on class.oid = index.indrelid
            where class.oid = '{{ relation }}'::pg_catalog.regclass
                and class.relispopulated
                and index.indisunique
                and index.indisvalid
                and index.indpred is null
                and index.indexprs is null
        )
    {% endset %}
    refresh materialized view {{ 'concurrently ' if run_query(query).columns[0][0] }}{{ relation }}
{% endmacro %}
