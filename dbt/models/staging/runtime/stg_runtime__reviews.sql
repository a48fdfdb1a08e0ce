with events as (
    select
        *,
        {{ payload({
            'what': 'VARCHAR', 'message_id': 'VARCHAR', 'accuracy': 'INTEGER', 'tone': 'INTEGER',
            'adherence': 'INTEGER', 'objection': 'VARCHAR', 'tags': ['VARCHAR'], 'by': 'VARCHAR',
            'playbook': 'VARCHAR', 'actor': 'VARCHAR', 'task': 'VARCHAR', 'minutes_by_hand': 'DOUBLE',
            'minutes_with_agent': 'DOUBLE', 'decision': 'VARCHAR', 'is_edited': 'BOOLEAN', 'changed': 'DOUBLE'
        }) }} as fields
    from {{ ref('stg_runtime__trace_events') }}
    where kind = 'review'
)

select
    ---------- ids
    event_id,
    tenant_id,
    nullif(fields.message_id, '') as message_id,
    thread_id,
    person_id,
    fields.by as reviewer,

    ---------- texts
    coalesce(fields.what, case when fields.decision is not null then 'decision' end) as what,
    fields.decision as decision,
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
    case when fields.is_edited then fields.changed end as changed,

    ---------- booleans
    fields.is_edited as is_edited,

    ---------- timestamps
    occurred_at
from events
