{#-
    The rows of a source in the lake, with exactly the columns and types that its YAML declares.

    `config.meta.path` of the source is a glob below `lake/` of the workspace. A source without
    files has no rows; a column that the files lack is null, one that the YAML lacks is left out. A value that is not
    of its column's type ends the build, or is null where `meta.try_cast` is set.

    `only` names files, as a list of paths, in place of all. With the variable `tenant_id` the rows of other tenants are
    not there; a row without a tenant stays, so that it is found out.
-#}
{%- macro lake(source_name, table_name, only=none) -%}
    {%- do source(source_name, table_name) -%}
    {%- if execute -%}
        {%- set table = parley_source(source_name, table_name) -%}
        {%- set cast = 'try_cast' if table.config.meta.try_cast else 'cast' -%}
        {%- if only is none -%}
            {%- set files = ["'" ~ parley_workspace() ~ '/lake/' ~ table.config.meta.path ~ "'"] -%}
            {%- set found = run_query("select count(*) as files from glob(" ~ files[0] ~ ")") -%}
            {%- set has_files = found.columns[0].values()[0] > 0 -%}
        {%- else -%}
            {%- set files = [] -%}
            {%- for path in only -%}
                {%- do files.append("'" ~ in_quoted_glob(path) ~ "'") -%}
            {%- endfor -%}
            {%- set has_files = files | length > 0 -%}
        {%- endif -%}
        (
            select
                {%- for column in table.columns.values() %}
                {{ cast }}({{ column.name }} as {{ column.data_type }}) as {{ column.name }}
                {%- if not loop.last %},{% endif %}
                {%- endfor %}
            from (
                select
                    {%- for column in table.columns.values() %}
                    cast(null as {{ column.data_type }}) as {{ column.name }}
                    {%- if not loop.last %},{% endif %}
                    {%- endfor %}
                where false
                {%- if has_files %}
                union all by name
                select *
                from read_parquet([{{ files | join(', ') }}], union_by_name = true)
                {%- endif %}
            )
            {%- if var('tenant_id', none) and 'tenant_id' in table.columns %}
            where tenant_id = {{ dbt.string_literal(dbt.escape_single_quotes(var('tenant_id'))) }} or coalesce(tenant_id, '') = ''
            {%- endif %}
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
    {{ return(in_quoted_glob(folder)) }}
{%- endmacro -%}

{#- A path, fit to stand in a quoted glob and to mean itself. -#}
{%- macro in_quoted_glob(path) -%}
    {{ return(path | replace('[', '[[]') | replace("'", "''")) }}
{%- endmacro -%}
