{#-
    The rows of a source in the lake, with exactly the columns and types that its YAML declares.

    `config.meta.path` of the source is a glob below `lake/` of the workspace. A source without
    files has no rows; a column that the files lack is null, one that the YAML lacks is left out.
-#}
{%- macro lake(source_name, table_name) -%}
    {%- do source(source_name, table_name) -%}
    {%- if execute -%}
        {%- set table = parley_source(source_name, table_name) -%}
        {%- set files = parley_workspace() ~ '/lake/' ~ table.config.meta.path -%}
        {%- set found = run_query("select count(*) as files from glob('" ~ files ~ "')") -%}
        (
            select
                {%- for column in table.columns.values() %}
                cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}
                {%- if not loop.last %},{% endif %}
                {%- endfor %}
            from (
                select
                    {%- for column in table.columns.values() %}
                    cast(null as {{ column.data_type }}) as {{ column.name }}
                    {%- if not loop.last %},{% endif %}
                    {%- endfor %}
                where false
                {%- if found.columns[0].values()[0] > 0 %}
                union all by name
                select *
                from read_parquet('{{ files }}', union_by_name = true)
                {%- endif %}
            )
        )
    {%- else -%}
        {{ source(source_name, table_name) }}
    {%- endif -%}
{%- endmacro -%}

{#- The node of a source, with the columns and paths of its YAML. -#}
{%- macro parley_source(source_name, table_name) -%}
    {%- for table in graph.sources.values() -%}
        {%- if table.source_name == source_name and table.name == table_name -%}
            {{ return(table) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro -%}

{#- The folder of the run, fit to stand in a quoted glob: a variable, or the environment, or the demo's. -#}
{%- macro parley_workspace() -%}
    {%- set folder = var('workspace', env_var('PARLEY_WORKSPACE', '../out/demo')) -%}
    {{ return(folder | replace('[', '[[]') | replace("'", "''")) }}
{%- endmacro -%}
