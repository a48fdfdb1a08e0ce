{{ config(materialized='incremental', incremental_strategy='by_load', on_schema_change='fail') }}

with events as (
    select
        *,
        {{ payload({
            'message_id': 'VARCHAR', 'direction': 'VARCHAR', 'actor': 'VARCHAR', 'channel': 'VARCHAR',
            'touch_class': 'VARCHAR', 'touch': 'INTEGER', 'task_id': 'VARCHAR', 'campaign_id': 'VARCHAR',
            'playbook': 'VARCHAR', 'experiment_id': 'VARCHAR', 'arm': 'VARCHAR', 'mailbox': 'VARCHAR',
            'rfc_message_id': 'VARCHAR', 'in_reply_to': 'VARCHAR', 'content_ids': ['VARCHAR'],
            'content_hash': 'VARCHAR', 'subject': 'VARCHAR', 'text': 'VARCHAR', 'language': 'VARCHAR',
            'state': 'VARCHAR', 'attempt': 'INTEGER', 'intent': 'VARCHAR', 'auto_reply': 'BOOLEAN',
            'positive_intent': 'BOOLEAN', 'opt_out': 'BOOLEAN', 'lead_created_at': 'VARCHAR',
            'latency_ms': {'send': 'DOUBLE'}
        }) }} as fields
    from {{ ref('stg_runtime__trace_events') }}
    where kind = 'message' and {{ is_new() }}
)

select
    ---------- ids
    event_id,
    tenant_id,
    fields.message_id as message_id,
    thread_id,
    person_id,
    contact_id,
    nullif(fields.task_id, '') as task_id,
    nullif(fields.campaign_id, '') as campaign_id,
    nullif(fields.experiment_id, '') as experiment_id,
    fields.rfc_message_id as rfc_message_id,
    fields.in_reply_to as in_reply_to,

    ---------- texts
    nullif(fields.arm, '') as traced_arm,
    fields.direction as direction,
    fields.actor as actor,
    fields.channel as channel,
    fields.touch_class as touch_class,
    nullif(fields.playbook, '') as playbook,
    fields.mailbox as mailbox,
    fields.state as state,
    fields.intent as intent,
    fields.language as language,
    fields.subject as subject,
    fields.text as body,
    fields.content_hash as content_hash,
    fields.content_ids as content_ids,

    ---------- numerics
    seq,
    load,
    hash(tenant_id, fields.message_id) as message_key,
    fields.touch as touch,
    coalesce(fields.attempt, 1) as attempt,
    fields.latency_ms.send as send_ms,

    ---------- booleans
    coalesce(fields.auto_reply, false) as is_auto_reply,
    coalesce(fields.positive_intent, false) as is_flagged_positive,
    coalesce(fields.opt_out, false) as is_opt_out,

    ---------- timestamps
    occurred_at,
    {{ utc('fields.lead_created_at') }} as lead_created_at
from events
