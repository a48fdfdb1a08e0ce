{{
    config(
        materialized='incremental',
        incremental_strategy='by_load',
        unique_key='message_key',
        on_schema_change='fail',
    )
}}

with
{%- if is_addition() %}
-- Messages of which something new is known.
touched as (
    select message_key from {{ ref('stg_runtime__messages') }}
    where load = {{ this_load() }}
    union
    select message_key from {{ ref('stg_runtime__deliveries') }}
    where load = {{ this_load() }}
),

messages as (
    {{ brought_or_wanted(ref('stg_runtime__messages'), 'touched', 'message_key') }}
),

deliveries as (
    select known.*
    from {{ ref('stg_runtime__deliveries') }} as known
    semi join touched
        on known.message_key = touched.message_key
),
{%- else %}
messages as not materialized (
    select * from {{ ref('stg_runtime__messages') }}
),

deliveries as (
    select * from {{ ref('stg_runtime__deliveries') }}
),
{%- endif %}

receipts as (
    select
        tenant_id,
        message_id,
        bool_or(status = 'resolved_sent') as is_found_sent,
        bool_or(status = 'resolved_not_sent') as is_found_not_sent,
        bool_or(status = 'bounced') as is_bounced
    from deliveries
    where message_id is not null
    group by tenant_id, message_id
),

-- Most messages are seen in one state only. Those rows are passed on as they are, and the few others are folded.
repeated as (
    select
        tenant_id,
        message_id,
        coalesce(bool_or(state = 'SENT'), false) as is_seen_sent,
        coalesce(bool_or(state = 'UNKNOWN'), false) as was_unknown,
        max(attempt) as attempts,
        min(occurred_at) as first_seen_at,
        coalesce(
            min(occurred_at) filter (where state in ('SENT', 'RECEIVED')), min(occurred_at)
        ) as occurred_at
    from messages
    group by tenant_id, message_id
    having count(*) > 1
),

surest as (
    select messages.*
    from messages
    semi join repeated
        on
            messages.tenant_id = repeated.tenant_id
            and messages.message_id = repeated.message_id
    qualify row_number() over (
        partition by messages.tenant_id, messages.message_id
        order by
            case messages.state when 'RECEIVED' then 1 when 'SENT' then 2 when 'UNKNOWN' then 3 else 4 end,
            messages.seq,
            messages.occurred_at,
            messages.event_id
    ) = 1
),

settled as (
    select
        messages.*,
        messages.occurred_at as settled_at,
        coalesce(messages.state = 'SENT', false) as is_seen_sent,
        coalesce(messages.state = 'UNKNOWN', false) as was_unknown,
        messages.attempt as attempts,
        messages.occurred_at as first_seen_at
    from messages
    anti join repeated
        on
            messages.tenant_id = repeated.tenant_id
            and messages.message_id = repeated.message_id
    where messages.message_id is not null
    union all by name
    select
        surest.*,
        repeated.occurred_at as settled_at,
        repeated.is_seen_sent,
        repeated.was_unknown,
        repeated.attempts,
        repeated.first_seen_at
    from surest
    inner join repeated
        on
            surest.tenant_id = repeated.tenant_id
            and surest.message_id = repeated.message_id
)

select
    ---------- ids
    settled.tenant_id,
    settled.message_id,
    settled.thread_id,
    settled.person_id,
    settled.contact_id,
    settled.task_id,
    settled.campaign_id,
    settled.experiment_id,
    settled.rfc_message_id,
    settled.in_reply_to,

    ---------- texts
    settled.traced_arm,
    settled.direction,
    settled.actor,
    settled.channel,
    settled.touch_class,
    settled.playbook,
    settled.mailbox,
    settled.intent,
    settled.language,
    settled.subject,
    settled.body,
    settled.content_hash,
    case
        when settled.state = 'RECEIVED' then 'RECEIVED'
        when settled.is_seen_sent or coalesce(receipts.is_found_sent, false) then 'SENT'
        when coalesce(receipts.is_found_not_sent, false) then 'FAILED'
        when settled.was_unknown then 'UNKNOWN'
        else settled.state
    end as state,

    ---------- numerics
    {{ this_load() }} as load,
    settled.message_key,
    hash(settled.tenant_id, settled.person_id) as person_key,
    settled.touch,
    settled.send_ms,
    settled.attempts,

    ---------- booleans
    settled.is_auto_reply,
    settled.is_flagged_positive,
    settled.is_opt_out,
    settled.was_unknown,
    coalesce(receipts.is_bounced, false) as is_bounced,

    ---------- timestamps
    settled.lead_created_at,
    settled.first_seen_at,
    settled.settled_at as occurred_at
from settled
left join receipts
    on
        settled.tenant_id = receipts.tenant_id
        and settled.message_id = receipts.message_id
