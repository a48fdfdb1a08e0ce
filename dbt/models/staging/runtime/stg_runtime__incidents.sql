with events as (
    select
        *,
        {{ payload({'what': 'VARCHAR', 'severity': 'VARCHAR'}) }} as fields
    from {{ ref('stg_runtime__trace_events') }}
    where kind = 'incident'
)

select
    ---------- ids
    event_id,
    tenant_id,
    thread_id,
    person_id,

    ---------- texts
    fields.what as what,
    fields.severity as severity,

    ---------- numerics
    seq,

    ---------- timestamps
    occurred_at
from events
