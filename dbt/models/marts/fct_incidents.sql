select
    ---------- ids
    event_id as incident_id,
    tenant_id,
    thread_id,
    person_id,

    ---------- texts
    what,
    severity,

    ---------- timestamps
    occurred_at
from {{ ref('stg_runtime__incidents') }}
