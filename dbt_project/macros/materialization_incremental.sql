{#
  Marts that are made equal to their query, touching only the rows that differ: incremental models
  with `incremental_strategy: mirror`.

  A watermark misses what arrives late, what is deleted, and an old order that moves to another
  client; deleting and inserting everything rewrites a million rows every night and leaves readers
  with dead ones. Here the query is computed into a temporary table and compared: missing keys are
  deleted, differing rows updated, new ones inserted, in one transaction. A second build of the same
  rows writes nothing, and a failing one leaves yesterday's.

  Grants and views over the table survive, a full refresh included: it compares everything. Only when
  the contract in the .yml changed is the table built anew beside the old one.

  Keys: `unique_key` names the columns of the model's one primary key or unique constraint. Where one
  may be NULL the constraint is
      - type: unique
        columns: […]
        expression: nulls not distinct
  and NULL is a value like any other, for the constraint as for the comparison.

  Large marts compute only what may have changed: `mirror_scope` names a macro that returns a query
  of the leading key columns (`mirror_scope_key`) to look at again. The model reads them from the
  temporary table `mirror_scope` when `mirrors_scope_only()` holds, and leaves the rest alone.
#}
{% materialization incremental, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set rows_relation = make_temp_relation(target_relation) -%}
    {%- if config.get('incremental_strategy') != 'mirror' -%}
        {%- do exceptions.raise_compiler_error(
            'Incremental models of this project mirror their query: set incremental_strategy to mirror.'
        ) -%}
    {%- endif -%}

    {%- do mirror_key() -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {#- What compiling asked the database may have left a transaction open, with an old snapshot.
        dbt believes that the one it opened goes on, so a new one is begun with the same words. -#}
    {% call statement('new_transaction') %}commit; begin{% endcall %}

    {%- set is_there = mirror_begin(target_relation) -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set mark = mirror_mark() -%}
    {%- set built = mirror_built_mark(target_relation) if is_there else {} -%}
    {%- if not is_there -%}
        {%- do mirror_create(target_relation, sql) -%}
    {%- elif built.get('shape') != mark.shape -%}
        {{- log('Rebuilding ' ~ target_relation ~ ': its columns or keys changed', info=True) -}}
        {%- do mirror_rebuild(target_relation, sql) -%}
    {%- else -%}
        {%- do mirror_rows(target_relation, rows_relation, sql) -%}
    {%- endif -%}

    {% do apply_grants(target_relation, config.get('grants'), should_revoke=True) %}
    {#- Comments are catalog rows: writing the same ones every night is writing for nothing. -#}
    {%- if built != mark -%}
        {% do persist_docs(target_relation, model) %}
        {% do mirror_write_mark(target_relation, mark) %}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#
  Begins the transaction, waits for another build of the same mart, and tells whether it exists.

  Repeatable read: the scope, the rows and the comparison are three statements, and an order that
  arrives between them would be in one and not in the others. LOCK TABLE comes first because it takes
  no snapshot: what the other build wrote is then visible. Readers and VACUUM's writers are not
  stopped by this lock, a second build is.
#}
{% macro mirror_begin(relation) %}
    {%- set cached = load_cached_relation(relation) -%}
    {%- if cached is not none and not cached.is_table -%}
        {%- do exceptions.raise_compiler_error(
            cached ~ " is a " ~ cached.type ~ " that this project did not make, and dropping it could "
            ~ "lose data. Drop or rename it, then build again."
        ) -%}
    {%- endif -%}
    {%- if cached is none -%}
        {#- Nothing to lock yet. A build that waited here finds the table when it looks again. -#}
        {%- call statement('mirror_wait', fetch_result=True) -%}
            select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('{{ relation }}', 0))
        {%- endcall -%}
        {%- call statement('mirror_look', fetch_result=True) -%}
            select pg_catalog.to_regclass('{{ relation }}') is not null
        {%- endcall -%}
        {%- if not load_result('mirror_look').data[0][0] -%}
            {%- do return(false) -%}
        {%- endif -%}
        {%- call statement('new_transaction') -%}commit; begin{%- endcall -%}
    {%- endif -%}
    {%- call statement('mirror_lock') -%}
        set transaction isolation level repeatable read;
        lock table {{ relation }} in share row exclusive mode
    {%- endcall -%}
    {%- do return(true) -%}
{% endmacro %}


{% macro mirror_create(relation, sql) %}
    {%- call statement('main') -%}
        {{ mirror_create_sql(relation, sql) }}
    {%- endcall -%}
{% endmacro %}


{#
  The table as its contract says, made in the order that costs least: dbt fills a table that has its
  key already, by an INSERT, which PostgreSQL computes without parallel workers and whose every row
  goes into the index by itself. A million orders with their lines took twice as long.
#}
{% macro mirror_create_sql(relation, sql) %}
    {{ get_assert_columns_equivalent(sql) }}
    create table {{ relation }} as
    select
        {%- for column in model.columns.values() %}
        {{ column.name }}::{{ column.data_type }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        {{ sql }}
    ) as computed;
    alter table {{ relation }}
    {%- for column in model.columns.values() -%}
        {%- for constraint in column.constraints %}
            {%- if constraint.type != 'not_null' -%}
                {%- do exceptions.raise_compiler_error(
                    model.name ~ '.' ~ column.name ~ ': a mirrored model has no constraint on a column '
                    ~ 'but not_null; write others on the model.'
                ) -%}
            {%- endif %}
        alter column {{ column.name }} set not null,
        {%- endfor -%}
    {%- endfor -%}
    {%- for constraint in adapter.render_raw_model_constraints(raw_constraints=model.constraints) %}
        add {{ constraint }}{{ ',' if not loop.last }}
    {%- endfor %};
    {%- for index in config.get('indexes', []) %}
    {{ mirror_index_sql(relation, index) }};
    {%- endfor %}
    analyze {{ relation }}
{% endmacro %}


{#
  A new table beside the old one, then in its place. Whoever could read the old one can read the new
  one. A view over it stops the build, and everything stays as it was: with CASCADE it would be gone.
#}
{% macro mirror_rebuild(relation, sql) %}
    {%- set new = make_intermediate_relation(relation) -%}
    {%- call statement('main') -%}
        {{ mirror_create_sql(new, sql) }};
        do $storeloom_ddl$
        declare
            piece record;
        begin
            perform private.copy_privileges(
                (select class.relacl from pg_catalog.pg_class as class
                where class.oid = '{{ relation }}'::pg_catalog.regclass),
                '{{ new }}'::pg_catalog.regclass
            );
            drop table {{ relation }};
            alter table {{ new }} rename to {{ adapter.quote(relation.identifier) }};
            -- Constraints first: a key's index is renamed with it.
            for piece in
                select found.conname as name, 'alter table %1$s rename constraint %3$I to %4$I' as words
                from pg_catalog.pg_constraint as found
                where found.conrelid = '{{ relation }}'::pg_catalog.regclass
                    and pg_catalog.strpos(found.conname, '{{ new.identifier }}') > 0
                union all
                select class.relname, 'alter index %2$I.%3$I rename to %4$I'
                from pg_catalog.pg_index as index
                inner join pg_catalog.pg_class as class on index.indexrelid = class.oid
                where index.indrelid = '{{ relation }}'::pg_catalog.regclass
                    and pg_catalog.strpos(class.relname, '{{ new.identifier }}') > 0
                    and not exists (
                        select 1 from pg_catalog.pg_constraint as found
                        where found.conindid = index.indexrelid
                    )
            loop
                execute pg_catalog.format(
                    piece.words,
                    '{{ relation }}',
                    '{{ relation.schema }}',
                    piece.name,
                    pg_catalog.replace(piece.name, '{{ new.identifier }}', '{{ relation.identifier }}')
                );
            end loop;
        exception when dependent_objects_still_exist then
            raise exception 'the columns of {{ relation }} changed, and other objects depend on it: %',
                pg_catalog.array_to_string(array(
                    select distinct rule.ev_class::pg_catalog.regclass::text
                    from pg_catalog.pg_depend as dependency
                    inner join pg_catalog.pg_rewrite as rule on dependency.objid = rule.oid
                    where dependency.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                        and dependency.refobjid = '{{ relation }}'::pg_catalog.regclass
                ), ', ')
                using hint = 'Drop them, build, and make them again.';
        end
        $storeloom_ddl$
    {%- endcall -%}
{% endmacro %}


{# Names that say what they are: dbt's own are hashes with the time in them. #}
{% macro mirror_index_sql(relation, index) -%}
create index "idx_{{ relation.identifier }}_{{ index.columns | join('_') }}"
on {{ relation }} ({{ index.columns | join(', ') }})
{%- endmacro %}


{#
  The comparison. The three parts see the same snapshot, and no row is in two of them.

  The temporary tables are analyzed: without numbers the planner joins a million rows one by one.
#}
{% macro mirror_rows(relation, rows, sql) %}
    {%- set scope_key = config.get('mirror_scope_key', []) if mirrors_scope_only() else [] -%}
    {%- set names = model.columns.keys() | list -%}
    {%- set key = mirror_key() -%}
    {%- set compared = names | reject('in', key) | list -%}
    {%- set nullable = mirror_nullable_columns() -%}

    {%- if scope_key -%}
        {%- call statement('mirror_scope') -%}
            create temporary table mirror_scope on commit drop as
            {{ context[config.get('mirror_scope')]() }};
            analyze mirror_scope
        {%- endcall -%}
    {%- endif -%}
    {%- call statement('mirror_compute') -%}
        {{ get_assert_columns_equivalent(sql) }}
        create temporary table {{ rows }} on commit drop as
        {{ sql }};
        analyze {{ rows }} ({{ key | join(', ') }})
    {%- endcall -%}

    {%- call statement('main', fetch_result=True) -%}
        with deleted as (
            delete from {{ relation }} as old
            {%- if scope_key %}
            using mirror_scope as scope
            where {% for name in scope_key %}old.{{ name }} = scope.{{ name }} and {% endfor %}
            {%- else %}
            where
            {%- endif %} not exists (
                select 1 from {{ rows }} as new where {{ mirror_match(key, nullable) }}
            )
            returning 1
        ),

        updated as (
            {%- if compared %}
            update {{ relation }} as old
            set {% for name in compared %}{{ name }} = new.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
            from {{ rows }} as new
            where {{ mirror_match(key, nullable) }}
                and ({% for name in compared %}old.{{ name }}{{ ', ' if not loop.last }}{% endfor %})
                is distinct from
                ({% for name in compared %}new.{{ name }}{{ ', ' if not loop.last }}{% endfor %})
            returning 1
            {%- else %}
            select 1 where false
            {%- endif %}
        ),

        inserted as (
            insert into {{ relation }} ({{ names | join(', ') }})
            select {% for name in names %}new.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
            from {{ rows }} as new
            where not exists (
                select 1 from {{ relation }} as old where {{ mirror_match(key, nullable) }}
            )
            returning 1
        )

        select
            (select count(*) from deleted) as deleted,
            (select count(*) from updated) as updated,
            (select count(*) from inserted) as inserted,
            (
                select class.reltuples from pg_catalog.pg_class as class
                where class.oid = '{{ relation }}'::pg_catalog.regclass
            ) as estimated
    {%- endcall -%}
    {%- set found = load_result('main').data[0] -%}
    {%- set written = found[0] + found[1] + found[2] -%}
    {%- if written -%}
        {{- log(
            relation.identifier ~ ': ' ~ found[2] ~ ' new, ' ~ found[1] ~ ' changed, ' ~ found[0]
            ~ ' deleted rows', info=True
        ) -}}
    {%- endif -%}
    {#- The next models plan by these numbers; autovacuum would bring them too late. -#}
    {%- if written * 20 > found[3] | int -%}
        {%- call statement('mirror_analyze') -%}analyze {{ relation }}{%- endcall -%}
    {%- endif -%}
{% endmacro %}


{#
  Equality of keys. NULL equals NULL, in a form that PostgreSQL can hash: "is not distinct from"
  compares every row with every other.
#}
{% macro mirror_match(key, nullable) -%}
    {%- for name in key -%}
        {%- if name in nullable -%}
            coalesce(old.{{ name }}::text, '') = coalesce(new.{{ name }}::text, '')
            and (old.{{ name }} is null) = (new.{{ name }} is null)
        {%- else -%}
            old.{{ name }} = new.{{ name }}
        {%- endif -%}
        {{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# `unique_key` as a list, checked against the contract: an index over other columns finds nothing. #}
{% macro mirror_key() %}
    {%- set wanted = config.get('unique_key') -%}
    {%- set wanted = [wanted] if wanted is string else (wanted or []) -%}
    {%- set promised = [] -%}
    {%- for constraint in model.constraints if constraint.type in ('primary_key', 'unique') -%}
        {%- do promised.append(constraint.columns | sort) -%}
    {%- endfor -%}
    {%- if not wanted or promised != [wanted | sort] or not config.get('contract').enforced -%}
        {%- do exceptions.raise_compiler_error(
            model.name ~ ': a mirrored model has a unique_key, an enforced contract, and one '
            ~ 'model-level primary_key or unique constraint over exactly these columns.'
        ) -%}
    {%- endif -%}
    {%- set nullable = mirror_nullable_columns() | select('in', wanted) | list -%}
    {%- for constraint in model.constraints if constraint.type == 'unique' and nullable -%}
        {%- if (constraint.expression or '') | lower != 'nulls not distinct' -%}
            {%- do exceptions.raise_compiler_error(
                model.name ~ ': ' ~ nullable | join(', ') ~ ' may be NULL, so the unique constraint '
                ~ 'needs the expression "nulls not distinct".'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(wanted) -%}
{% endmacro %}


{% macro mirror_nullable_columns() %}
    {%- set never_null = [] -%}
    {%- for constraint in model.constraints if constraint.type == 'primary_key' -%}
        {%- do never_null.extend(constraint.columns) -%}
    {%- endfor -%}
    {%- set nullable = [] -%}
    {%- for column in model.columns.values() -%}
        {%- set kinds = column.constraints | map(attribute='type') | list -%}
        {%- if column.name not in never_null and 'not_null' not in kinds -%}
            {%- do nullable.append(column.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(nullable) -%}
{% endmacro %}


{#
  What the table was built from: its shape (columns, constraints, indexes), the SQL of the model and
  of all models below it, and its descriptions. Kept as the comment of the table's key, as the table's
  own comment holds its description.
#}
{% macro mirror_mark() %}
    {%- set descriptions = [model.description] -%}
    {%- for column in model.columns.values() -%}
        {%- do descriptions.append(column.name ~ column.description) -%}
    {%- endfor -%}
    {%- do return({
        'shape': local_md5(get_table_columns_and_constraints() ~ config.get('indexes', [])),
        'definition': mirror_definition(),
        'descriptions': local_md5(descriptions | join('\n')),
    }) -%}
{% endmacro %}


{% macro mirror_definition() %}
    {%- set texts = [] -%}
    {%- set waiting = [model.unique_id] -%}
    {%- set seen = [] -%}
    {%- for _ in range(graph.nodes | length) if waiting -%}
        {%- set id = waiting.pop() -%}
        {%- if id not in seen and id in graph.nodes -%}
            {%- do seen.append(id) -%}
            {%- do texts.append(id ~ graph.nodes[id].raw_code) -%}
            {%- do waiting.extend(graph.nodes[id].depends_on.nodes) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(local_md5(texts | sort | join('\n'))) -%}
{% endmacro %}


{% macro mirror_built_mark(relation) %}
    {%- call statement('mirror_built_mark', fetch_result=True, auto_begin=False) -%}
        select pg_catalog.obj_description(index.indexrelid, 'pg_class')
        from pg_catalog.pg_index as index
        where index.indrelid = pg_catalog.to_regclass('{{ relation }}') and index.indisunique
    {%- endcall -%}
    {%- set found = load_result('mirror_built_mark').data -%}
    {%- set parts = (found[0][0] or '').split() if found | length == 1 else [] -%}
    {%- if parts | length == 4 and parts[0] == 'storeloom' -%}
        {%- do return({'shape': parts[1], 'definition': parts[2], 'descriptions': parts[3]}) -%}
    {%- endif -%}
    {%- do return({}) -%}
{% endmacro %}


{% macro mirror_write_mark(relation, mark) %}
    {%- call statement('mirror_write_mark') -%}
        do $storeloom_ddl$
        begin
            execute (
                select
                    pg_catalog.format(
                        'comment on index %s is %L',
                        index.indexrelid::pg_catalog.regclass,
                        'storeloom {{ mark.shape }} {{ mark.definition }} {{ mark.descriptions }}'
                    )
                from pg_catalog.pg_index as index
                where index.indrelid = '{{ relation }}'::pg_catalog.regclass and index.indisunique
            );
        end
        $storeloom_ddl$
    {%- endcall -%}
{% endmacro %}


{#
  Whether only the keys in `mirror_scope` are computed: the table is there, has the shape of the
  contract, and was last built from the same SQL. Anything else means everything.
#}
{% macro mirrors_scope_only() %}
    {%- if not is_incremental() or not config.get('mirror_scope') -%}
        {%- do return(false) -%}
    {%- endif -%}
    {%- set built = mirror_built_mark(this) -%}
    {%- set mark = mirror_mark() -%}
    {%- do return(built.get('shape') == mark.shape and built.get('definition') == mark.definition) -%}
{% endmacro %}
