{{ config(materialized='table') }}

with source as (
    select * from {{ lake('runtime', 'trace_events') }}
),

deduplicated as (
    select *
    from source
    where event_id is not null
    qualify row_number() over (partition by event_id order by seq, occurred_at, payload) = 1
)

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

    ---------- timestamps
    occurred_at
from deduplicated
