{{ config(materialized='table') }}

with messages as (
    select * from {{ ref('stg_runtime__messages') }}
),

receipts as (
    select
        tenant_id,
        message_id,
        bool_or(status = 'resolved_sent') as is_found_sent,
        bool_or(status = 'resolved_not_sent') as is_found_not_sent,
        bool_or(status = 'bounced') as is_bounced
    from {{ ref('stg_runtime__deliveries') }}
    where message_id is not null
    group by tenant_id, message_id
),

seen as (
    select
        tenant_id,
        message_id,
        bool_or(state = 'SENT') as is_seen_sent,
        bool_or(state = 'UNKNOWN') as was_unknown,
        max(attempt) as attempts,
        coalesce(
            min(occurred_at) filter (where state in ('SENT', 'RECEIVED')), min(occurred_at)
        ) as occurred_at
    from messages
    group by tenant_id, message_id
),

surest as (
    select *
    from messages
    qualify row_number() over (
        partition by tenant_id, message_id
        order by
            case state when 'RECEIVED' then 1 when 'SENT' then 2 when 'UNKNOWN' then 3 else 4 end,
            seq,
            occurred_at,
            event_id
    ) = 1
)

select
    ---------- ids
    surest.tenant_id,
    surest.message_id,
    surest.thread_id,
    surest.person_id,
    surest.contact_id,
    surest.task_id,
    surest.campaign_id,
    surest.experiment_id,
    surest.rfc_message_id,
    surest.in_reply_to,

    ---------- texts
    surest.traced_arm,
    surest.direction,
    surest.actor,
    surest.channel,
    surest.touch_class,
    surest.playbook,
    surest.mailbox,
    surest.intent,
    surest.language,
    surest.subject,
    surest.body,
    surest.content_hash,
    case
        when surest.state = 'RECEIVED' then 'RECEIVED'
        when seen.is_seen_sent or coalesce(receipts.is_found_sent, false) then 'SENT'
        when coalesce(receipts.is_found_not_sent, false) then 'FAILED'
        when seen.was_unknown then 'UNKNOWN'
        else surest.state
    end as state,

    ---------- numerics
    surest.touch,
    surest.send_ms,
    seen.attempts,

    ---------- booleans
    surest.is_auto_reply,
    surest.is_flagged_positive,
    surest.is_opt_out,
    seen.was_unknown,
    coalesce(receipts.is_bounced, false) as is_bounced,

    ---------- timestamps
    surest.lead_created_at,
    seen.occurred_at
from surest
inner join seen
    on
        surest.tenant_id = seen.tenant_id
        and surest.message_id = seen.message_id
left join receipts
    on
        surest.tenant_id = receipts.tenant_id
        and surest.message_id = receipts.message_id
