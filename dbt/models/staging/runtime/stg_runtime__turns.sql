with events as (
    select
        *,
        {{ payload({
            'turn_id': 'VARCHAR', 'actor': 'VARCHAR', 'playbook': 'VARCHAR', 'state_before': 'VARCHAR',
            'state_after': 'VARCHAR', 'experiment_id': 'VARCHAR', 'arm': 'VARCHAR', 'campaign_id': 'VARCHAR',
            'observation': {'kind': 'VARCHAR', 'id': 'VARCHAR', 'touch': 'INTEGER', 'task_id': 'VARCHAR'},
            'perception': {
                'primary': 'VARCHAR', 'confidence': 'DOUBLE', 'abstain': 'BOOLEAN', 'opt_out': 'BOOLEAN',
                'language': 'VARCHAR', 'objections': ['VARCHAR']
            },
            'chosen': {'action': 'VARCHAR', 'reason': 'VARCHAR', 'decision': 'VARCHAR', 'until': 'VARCHAR'},
            'latency_ms': {'read': 'DOUBLE', 'plan': 'DOUBLE', 'send': 'DOUBLE'}
        }) }} as fields
    from {{ ref('stg_runtime__trace_events') }}
    where kind = 'turn'
)

select
    ---------- ids
    event_id,
    tenant_id,
    fields.turn_id as turn_id,
    thread_id,
    person_id,
    contact_id,
    fields.observation.id as observation_id,
    fields.observation.task_id as task_id,
    nullif(fields.campaign_id, '') as campaign_id,
    nullif(fields.experiment_id, '') as experiment_id,

    ---------- texts
    nullif(fields.arm, '') as traced_arm,
    fields.actor as actor,
    nullif(fields.playbook, '') as playbook,
    fields.state_before as state_before,
    fields.state_after as state_after,
    fields.observation.kind as observation_kind,
    fields.perception.primary as intent,
    fields.perception.language as language,
    coalesce(fields.perception.objections, []) as objections,
    fields.chosen.action as action,
    fields.chosen.reason as reason,
    fields.chosen.decision as decision,
    versions ->> '$.code' as code_version,
    versions ->> '$.playbook' as playbook_version,
    versions ->> '$.content' as content_version,
    versions ->> '$.model' as model_version,
    versions ->> '$.policy' as policy_version,

    ---------- numerics
    seq,
    fields.observation.touch as touch,
    fields.perception.confidence as confidence,
    fields.latency_ms.read as read_ms,
    fields.latency_ms.plan as plan_ms,
    fields.latency_ms.send as send_ms,

    ---------- booleans
    coalesce(fields.perception.abstain, false) as is_abstained,
    coalesce(fields.perception.opt_out, false) as is_opt_out,

    ---------- timestamps
    occurred_at,
    {{ utc('fields.chosen.until') }} as deferred_until
from events
