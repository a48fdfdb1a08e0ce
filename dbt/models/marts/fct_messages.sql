{{
    config(
        materialized='incremental',
        incremental_strategy='by_load',
        unique_key=['tenant_id', 'message_id'],
        first_seen_in='int_messages_settled',
        on_schema_change='fail',
    )
}}

with
{%- if is_addition() %}
-- Persons of whom something new is known that all their messages tell: an arm, or a stop.
persons as (
    select hash(tenant_id, person_id) as person_key from {{ ref('int_persons_tracked') }}
    where load = {{ this_load() }}
    union
    select hash(tenant_id, person_id) as person_key from {{ ref('int_persons_opted_out') }}
    where load = {{ this_load() }}
),

messages as (
    {{ brought_or_wanted(ref('int_messages_settled'), 'persons', 'person_key') }}
),
{%- else %}
messages as not materialized (
    select * from {{ ref('int_messages_settled') }}
),
{%- endif %}

assigned as (
    select * from {{ ref('int_persons_tracked') }}
),

opted_out as (
    select * from {{ ref('int_persons_opted_out') }}
)

select
    ---------- ids
    messages.message_id,
    messages.tenant_id,
    messages.thread_id,
    messages.person_id,
    messages.contact_id,
    messages.task_id,
    messages.campaign_id,
    assigned.assignment_id,
    assigned.experiment_id,
    messages.rfc_message_id,
    messages.in_reply_to,

    ---------- texts
    coalesce(assigned.arm, messages.traced_arm) as arm,
    messages.direction,
    messages.actor,
    messages.channel,
    messages.touch_class,
    messages.playbook,
    messages.mailbox,
    messages.state,
    messages.intent,
    messages.language,
    messages.subject,
    messages.body,
    messages.content_hash,

    ---------- numerics
    messages.touch,
    messages.attempts,
    messages.send_ms,

    ---------- booleans
    messages.direction = 'out' and messages.state = 'SENT' as is_sent,
    messages.direction = 'out' and messages.state in ('SENT', 'UNKNOWN') as is_maybe_sent,
    messages.direction = 'out' and messages.actor = 'agent' as is_by_agent,
    messages.was_unknown,
    messages.was_unknown and messages.state != 'UNKNOWN' as is_unknown_resolved,
    messages.is_bounced,
    messages.is_auto_reply,
    (
        messages.direction = 'in'
        and messages.actor = 'buyer'
        and messages.state = 'RECEIVED'
        and not messages.is_auto_reply
    ) as is_reply,
    (
        messages.direction = 'in'
        and messages.actor = 'buyer'
        and messages.state = 'RECEIVED'
        and not messages.is_auto_reply
        and (
            messages.is_flagged_positive
            or coalesce(messages.intent in ('interested', 'book_meeting', 'propose_time'), false)
        )
    ) as is_positive,
    messages.direction = 'in' and messages.is_opt_out as is_opt_out,
    (
        messages.direction = 'out'
        and messages.actor = 'agent'
        and messages.state in ('SENT', 'UNKNOWN')
        and coalesce(assigned.arm, messages.traced_arm, '') = '{{ var("holdout_arm") }}'
    ) as is_sent_to_holdout,
    (
        messages.direction = 'out'
        and messages.touch_class = 'proactive'
        and messages.state in ('SENT', 'UNKNOWN')
        and coalesce(messages.occurred_at > opted_out.opted_out_at, false)
    ) as is_sent_after_opt_out,

    ---------- timestamps
    messages.occurred_at,
    messages.lead_created_at
from messages
left join assigned
    on
        messages.tenant_id = assigned.tenant_id
        and messages.person_id = assigned.person_id
        and coalesce(messages.experiment_id, '') = assigned.named_experiment
left join opted_out
    on
        messages.tenant_id = opted_out.tenant_id
        and messages.person_id = opted_out.person_id
