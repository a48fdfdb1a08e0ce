with events as (
    select
        *,
        {{ payload({
            'what': 'VARCHAR', 'message_id': 'VARCHAR', 'accuracy': 'INTEGER', 'tone': 'INTEGER',
            'adherence': 'INTEGER', 'objection': 'VARCHAR', 'tags': ['VARCHAR'], 'by': 'VARCHAR',
            'playbook': 'VARCHAR', 'actor': 'VARCHAR', 'task': 'VARCHAR', 'minutes_by_hand': 'DOUBLE',
            'minutes_with_agent': 'DOUBLE'
        }) }} as fields
    from {{ ref('stg_runtime__trace_events') }}
    where kind = 'review'
)

select
    ---------- ids
    event_id,
    tenant_id,
    fields.message_id as message_id,
    thread_id,
    person_id,
    fields.by as reviewer,

    ---------- texts
    fields.what as what,
    nullif(fields.playbook, '') as playbook,
    fields.actor as actor,
    fields.objection as objection,
    coalesce(fields.tags, []) as tags,
    fields.task as task,

    ---------- numerics
    seq,
    fields.accuracy as accuracy,
    fields.tone as tone,
    fields.adherence as adherence,
    fields.minutes_by_hand as minutes_by_hand,
    fields.minutes_with_agent as minutes_with_agent,

    ---------- timestamps
    occurred_at
from events
