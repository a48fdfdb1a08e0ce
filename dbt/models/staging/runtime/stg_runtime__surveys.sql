with events as (
    select
        *,
        {{ payload({'what': 'VARCHAR', 'rating': 'INTEGER', 'channel': 'VARCHAR'}) }} as fields
    from {{ ref('stg_runtime__trace_events') }}
    where kind = 'survey'
)

select
    ---------- ids
    event_id,
    tenant_id,
    thread_id,
    person_id,

    ---------- texts
    fields.channel as channel,

    ---------- numerics
    seq,
    fields.rating as rating,

    ---------- timestamps
    occurred_at
from events
where fields.rating between 1 and 5
