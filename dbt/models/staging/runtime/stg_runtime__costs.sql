with events as (
    select
        *,
        {{ payload({
            'item': 'VARCHAR', 'quantity': 'DOUBLE', 'unit': 'VARCHAR', 'message_id': 'VARCHAR', 'actor': 'VARCHAR'
        }) }} as fields
    from {{ ref('stg_runtime__trace_events') }}
    where kind = 'cost'
)

select
    ---------- ids
    event_id,
    tenant_id,
    thread_id,
    person_id,
    fields.message_id as message_id,

    ---------- texts
    fields.item as item,
    fields.unit as unit,
    fields.actor as actor,

    ---------- numerics
    seq,
    fields.quantity as quantity,

    ---------- timestamps
    occurred_at
from events
