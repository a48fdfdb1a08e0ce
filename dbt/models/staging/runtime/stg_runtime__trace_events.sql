-- Payloads are long and much alike: zstd takes half the time and a quarter of the space of what DuckDB would choose.
{{
    config(
        materialized='incremental',
        incremental_strategy='by_load',
        on_schema_change='fail',
        pre_hook="set force_compression = 'zstd'",
        post_hook={'sql': "set force_compression = 'auto'", 'transaction': false},
    )
}}
{%- set files = var('new_trace_files') if is_addition() else none %}

-- A row as wide as this one is passed on and never sorted: only what occurs again is looked at as a group.
with source as not materialized (
    select * from {{ lake('runtime', 'trace_events', only=files) }}
    where {{ unusable_because() }} is null
),

repeated as (
    select event_id
    from source
    group by event_id
    having count(*) > 1
),

deduplicated as (
    select source.*
    from source
    anti join repeated
        on source.event_id = repeated.event_id
    union all by name
    select *
    from (
        select source.*
        from source
        semi join repeated
            on source.event_id = repeated.event_id
    ) as copies
    qualify row_number() over (
        partition by event_id
        order by seq, occurred_at, payload, kind, tenant_id, thread_id, person_id, contact_id, versions
    ) = 1
),
{%- if is_addition() %}

-- Ids rise with time, so what is older than all new ones is skipped without a look.
-- Where they do not rise, it only takes longer.
known as (
    select known.event_id
    from {{ this }} as known
    where
        known.event_id >= (
            select min(files.event_id) from {{ lake('runtime', 'trace_events', only=files) }} as files
        )
),

unknown as (
    select deduplicated.*
    from deduplicated
    anti join known
        on deduplicated.event_id = known.event_id
)
{%- else %}

unknown as (
    select * from deduplicated
)
{%- endif %}

select
    ---------- ids
    event_id,
    tenant_id,
    thread_id,
    person_id,
    contact_id,

    ---------- texts
    kind,
    versions,
    payload,

    ---------- numerics
    seq,
    schema_version,
    {{ this_load() }} as load,

    ---------- timestamps
    occurred_at
from unknown
