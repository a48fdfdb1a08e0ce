{#-
    Whether this run adds to a table what is new. `build_warehouse` numbers such runs (variable `load`) and names the
    trace files that none before has read; every other run builds the table anew.
-#}
{%- macro is_addition() -%}
    {{ return(this_load() > 0 and is_incremental()) }}
{%- endmacro -%}

{#- The number of this run; 0 where everything is built anew. -#}
{%- macro this_load() -%}
    {{ return(var('load', 0) | int) }}
{%- endmacro -%}

{#- Which events of a table an addition looks at: those that it brought. Else all. -#}
{%- macro is_new() -%}
    {{ return('load = ' ~ this_load() if is_addition() else 'true') }}
{%- endmacro -%}

{#-
    The rows of a table that this run brought, and those from before that have a key of `wanted`, a relation with a column
    of that name. Keys are hashes, narrow enough to look through all of them at once; the time beside the key of a
    message then lets DuckDB skip what is older than all of them.
-#}
{%- macro brought_or_wanted(relation, wanted, key) -%}
    select * from {{ relation }}
    where load = {{ this_load() }}
    union all
    select known.*
    from {{ relation }} as known
    semi join (
        select
            narrow.message_key,
            narrow.occurred_at
        from {{ relation }} as narrow
        semi join {{ wanted }}
            on narrow.{{ key }} = {{ wanted }}.{{ key }}
        where narrow.load < {{ this_load() }}
    ) as places
        on
            known.message_key = places.message_key
            and known.occurred_at = places.occurred_at
    where known.load < {{ this_load() }}
{%- endmacro -%}

{#-
    Replaces the rows with the keys of the new ones, or adds the new ones where the model names no `unique_key`.
    A run that is no addition has made all rows, so it replaces them all.

    A model that names in `first_seen_in` where its rows are first seen is not looked through for older ones: no row
    that is replaced is from before that.
-#}
{%- macro get_incremental_by_load_sql(arguments) -%}
    {%- set columns = get_quoted_csv(arguments.dest_columns | map(attribute='name')) -%}
    {%- if this_load() == 0 -%}
        delete from {{ arguments.target_relation }};
    {%- elif arguments.unique_key -%}
        {%- set keys = [arguments.unique_key] if arguments.unique_key is string else arguments.unique_key -%}
        {%- set first_seen_in = config.get('first_seen_in') %}
        delete from {{ arguments.target_relation }}
        where
            ({{ keys | join(', ') }}) in (select {{ keys | join(', ') }} from {{ arguments.temp_relation }})
            {%- if first_seen_in %}
            and occurred_at >= '{{ first_replaced(arguments, first_seen_in) }}'::timestamp
            {%- endif %};
    {%- endif %}
    insert into {{ arguments.target_relation }} ({{ columns }})
    select {{ columns }} from {{ arguments.temp_relation }}
{%- endmacro -%}

{%- macro first_replaced(arguments, first_seen_in) -%}
    {%- set found = run_query(
        "select coalesce(least((select min(occurred_at) from " ~ arguments.temp_relation ~ "), "
        ~ "(select min(first_seen_at) from " ~ arguments.target_relation.include(identifier=false) ~ "." ~ first_seen_in
        ~ " where load = " ~ this_load() ~ ")), timestamp '1970-01-01')"
    ) -%}
    {{ return(found.columns[0].values()[0]) }}
{%- endmacro -%}
