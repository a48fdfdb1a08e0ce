with events as (
    select
        *,
        {{ payload({
            'call_id': 'VARCHAR', 'direction': 'VARCHAR', 'actor': 'VARCHAR', 'answered_by': 'VARCHAR',
            'outcome': 'VARCHAR', 'duration_s': 'DOUBLE', 'language': 'VARCHAR', 'task_id': 'VARCHAR',
            'campaign_id': 'VARCHAR', 'playbook': 'VARCHAR', 'experiment_id': 'VARCHAR', 'arm': 'VARCHAR'
        }) }} as fields
    from {{ ref('stg_runtime__trace_events') }}
    where kind = 'call'
)

select
    ---------- ids
    event_id,
    tenant_id,
    fields.call_id as call_id,
    thread_id,
    person_id,
    nullif(fields.task_id, '') as task_id,
    nullif(fields.campaign_id, '') as campaign_id,
    nullif(fields.experiment_id, '') as experiment_id,

    ---------- texts
    nullif(fields.arm, '') as traced_arm,
    fields.direction as direction,
    fields.actor as actor,
    nullif(fields.answered_by, '') as answered_by,
    nullif(fields.outcome, '') as outcome,
    nullif(fields.language, '') as language,
    nullif(fields.playbook, '') as playbook,

    ---------- numerics
    seq,
    case when fields.duration_s >= 0 then fields.duration_s end as duration_s,

    ---------- timestamps
    occurred_at
from events
where fields.call_id is not null
