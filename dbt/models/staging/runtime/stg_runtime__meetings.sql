with events as (
    select
        *,
        {{ payload({
            'event_uid': 'VARCHAR', 'status': 'VARCHAR', 'start': 'VARCHAR', 'end': 'VARCHAR',
            'owner_id': 'VARCHAR', 'actor': 'VARCHAR', 'message_id': 'VARCHAR', 'experiment_id': 'VARCHAR', 'arm': 'VARCHAR'
        }) }} as fields
    from {{ ref('stg_runtime__trace_events') }}
    where kind = 'meeting'
)

select
    ---------- ids
    event_id,
    tenant_id,
    fields.event_uid as event_uid,
    thread_id,
    person_id,
    fields.owner_id as owner_id,
    fields.message_id as message_id,
    nullif(fields.experiment_id, '') as experiment_id,

    ---------- texts
    nullif(fields.arm, '') as traced_arm,
    fields.status as status,
    fields.actor as actor,

    ---------- numerics
    seq,

    ---------- timestamps
    occurred_at,
    {{ utc('fields.start') }} as starts_at,
    {{ utc('fields."end"') }} as ends_at
from events
