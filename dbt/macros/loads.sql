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
    Replaces the rows with the keys of the new ones, or adds the new ones where the model names no `unique_key`.
    A run that is no addition has made all rows, so it replaces them all.
-#}
{%- macro get_incremental_by_load_sql(arguments) -%}
    {%- set columns = get_quoted_csv(arguments.dest_columns | map(attribute='name')) -%}
    {%- if this_load() == 0 -%}
        delete from {{ arguments.target_relation }};
    {%- elif arguments.unique_key -%}
        {%- set keys = [arguments.unique_key] if arguments.unique_key is string else arguments.unique_key -%}
        delete from {{ arguments.target_relation }}
        where ({{ keys | join(', ') }}) in (select {{ keys | join(', ') }} from {{ arguments.temp_relation }});
    {%- endif %}
    insert into {{ arguments.target_relation }} ({{ columns }})
    select {{ columns }} from {{ arguments.temp_relation }}
{%- endmacro -%}
