-- The message path by hand, one statement a table, as fast as DuckDB lets it be: what `warehouse` is measured against.
-- `traces` is a glob, `assignments` a file. It trusts what it reads; dbt's models do not.

create table stg_runtime__trace_events as
with again as (
    select event_id
    from read_parquet(getvariable('traces'))
    group by event_id
    having count(*) > 1
),

source as not materialized (
    select
        event_id, tenant_id, thread_id, person_id, contact_id, kind, versions, payload, seq, schema_version,
        cast(occurred_at as timestamp) as occurred_at
    from read_parquet(getvariable('traces'))
)

select * from source anti join again using (event_id)
union all
select * from (select * from source semi join again using (event_id))
qualify row_number() over (partition by event_id order by seq, occurred_at, payload) = 1;

create table stg_runtime__messages as
select
    event_id, tenant_id, fields.message_id, thread_id, person_id, contact_id,
    nullif(fields.task_id, '') as task_id,
    nullif(fields.campaign_id, '') as campaign_id,
    nullif(fields.experiment_id, '') as experiment_id,
    fields.rfc_message_id, fields.in_reply_to,
    nullif(fields.arm, '') as traced_arm,
    fields.direction, fields.actor, fields.channel, fields.touch_class,
    nullif(fields.playbook, '') as playbook,
    fields.mailbox, fields.state, fields.intent, fields.language, fields.subject, fields."text" as body,
    fields.content_hash, fields.content_ids,
    seq, fields.touch,
    coalesce(fields.attempt, 1) as attempt,
    fields.latency_ms.send as send_ms,
    coalesce(fields.auto_reply, false) as is_auto_reply,
    coalesce(fields.positive_intent, false) as is_flagged_positive,
    coalesce(fields.opt_out, false) as is_opt_out,
    occurred_at,
    cast(try_cast(fields.lead_created_at as timestamptz) as timestamp) as lead_created_at
from (
    select
        *,
        from_json(payload, '{
            "message_id": "VARCHAR", "direction": "VARCHAR", "actor": "VARCHAR", "channel": "VARCHAR",
            "touch_class": "VARCHAR", "touch": "INTEGER", "task_id": "VARCHAR", "campaign_id": "VARCHAR",
            "playbook": "VARCHAR", "experiment_id": "VARCHAR", "arm": "VARCHAR", "mailbox": "VARCHAR",
            "rfc_message_id": "VARCHAR", "in_reply_to": "VARCHAR", "content_ids": ["VARCHAR"],
            "content_hash": "VARCHAR", "subject": "VARCHAR", "text": "VARCHAR", "language": "VARCHAR",
            "state": "VARCHAR", "attempt": "INTEGER", "intent": "VARCHAR", "auto_reply": "BOOLEAN",
            "positive_intent": "BOOLEAN", "opt_out": "BOOLEAN", "lead_created_at": "VARCHAR",
            "latency_ms": {"send": "DOUBLE"}
        }') as fields
    from stg_runtime__trace_events
    where kind = 'message'
);

create table stg_runtime__deliveries as
select
    event_id, tenant_id, fields.message_id, thread_id, person_id, fields.rfc_message_id, fields.status,
    fields.code as status_code, fields.source as reported_by, seq, occurred_at
from (
    select
        *,
        from_json(payload, '{
            "message_id": "VARCHAR", "rfc_message_id": "VARCHAR", "status": "VARCHAR", "code": "VARCHAR",
            "source": "VARCHAR"
        }') as fields
    from stg_runtime__trace_events
    where kind = 'delivery'
);

create table stg_runtime__suppressions as
select
    event_id, tenant_id, thread_id, person_id, fields.source_message_id, fields.scope, fields.channel, fields.reason,
    seq, occurred_at
from (
    select
        *,
        from_json(payload, '{
            "scope": "VARCHAR", "channel": "VARCHAR", "reason": "VARCHAR", "source_message_id": "VARCHAR"
        }') as fields
    from stg_runtime__trace_events
    where kind = 'suppression'
);

create table int_messages_settled as
with receipts as (
    select
        tenant_id, message_id,
        bool_or(status = 'resolved_sent') as is_found_sent,
        bool_or(status = 'resolved_not_sent') as is_found_not_sent,
        bool_or(status = 'bounced') as is_bounced
    from stg_runtime__deliveries
    group by all
),

again as (
    select
        tenant_id, message_id,
        bool_or(state = 'SENT') as is_seen_sent,
        bool_or(state = 'UNKNOWN') as was_unknown,
        max(attempt) as attempts,
        coalesce(min(occurred_at) filter (state in ('SENT', 'RECEIVED')), min(occurred_at)) as occurred_at
    from stg_runtime__messages
    group by all
    having count(*) > 1
),

settled as (
    select
        * exclude (attempt), state = 'SENT' as is_seen_sent, state = 'UNKNOWN' as was_unknown, attempt as attempts
    from stg_runtime__messages anti join again using (tenant_id, message_id)
    union all by name
    select m.* exclude (attempt, occurred_at), a.is_seen_sent, a.was_unknown, a.attempts, a.occurred_at
    from stg_runtime__messages as m inner join again as a using (tenant_id, message_id)
    qualify row_number() over (
        partition by m.tenant_id, m.message_id
        order by
            case m.state when 'RECEIVED' then 1 when 'SENT' then 2 when 'UNKNOWN' then 3 else 4 end, m.seq,
            m.occurred_at, m.event_id
    ) = 1
)

select
    tenant_id, message_id, thread_id, person_id, contact_id, task_id, campaign_id, experiment_id, rfc_message_id,
    in_reply_to, traced_arm, direction, actor, channel, touch_class, playbook, mailbox, intent, language, subject, body,
    content_hash,
    case
        when state = 'RECEIVED' then 'RECEIVED'
        when is_seen_sent or is_found_sent then 'SENT'
        when is_found_not_sent then 'FAILED'
        when was_unknown then 'UNKNOWN'
        else state
    end as state,
    touch, send_ms, attempts, is_auto_reply, is_flagged_positive, is_opt_out, was_unknown,
    coalesce(is_bounced, false) as is_bounced,
    lead_created_at, occurred_at
from settled left join receipts using (tenant_id, message_id);

create table int_persons_tracked as
with assignments as (
    select tenant_id, person_id, experiment_id, concat_ws(':', tenant_id, experiment_id, person_id) as assignment_id,
        arm, assigned_at
    from read_parquet(getvariable('assignments'))
)

select tenant_id, person_id, experiment_id as named_experiment, assignment_id, experiment_id, arm, assigned_at
from assignments
union all
select tenant_id, person_id, '', a.assignment_id, a.experiment_id, a.arm, a.assigned_at
from (
    select tenant_id, person_id,
        arg_min(struct_pack(assignment_id, experiment_id, arm, assigned_at), (assigned_at, experiment_id)) as a
    from assignments
    group by all
);

create table fct_messages as
with opted_out as (
    select tenant_id, person_id, min(occurred_at) as opted_out_at
    from stg_runtime__suppressions
    where reason in ('opt_out', 'objection')
    group by all
)

select
    m.message_id, m.tenant_id, m.thread_id, m.person_id, m.contact_id, m.task_id, m.campaign_id, a.assignment_id,
    a.experiment_id, m.rfc_message_id, m.in_reply_to,
    coalesce(a.arm, m.traced_arm) as arm,
    m.direction, m.actor, m.channel, m.touch_class, m.playbook, m.mailbox, m.state, m.intent, m.language, m.subject,
    m.body, m.content_hash, m.touch, m.attempts, m.send_ms,
    m.direction = 'out' and m.state = 'SENT' as is_sent,
    m.direction = 'out' and m.state in ('SENT', 'UNKNOWN') as is_maybe_sent,
    m.direction = 'out' and m.actor = 'agent' as is_by_agent,
    m.was_unknown,
    m.was_unknown and m.state != 'UNKNOWN' as is_unknown_resolved,
    m.is_bounced, m.is_auto_reply,
    m.direction = 'in' and m.actor = 'buyer' and m.state = 'RECEIVED' and not m.is_auto_reply as is_reply,
    m.direction = 'in' and m.actor = 'buyer' and m.state = 'RECEIVED' and not m.is_auto_reply and (
        m.is_flagged_positive or coalesce(m.intent in ('interested', 'book_meeting', 'propose_time'), false)
    ) as is_positive,
    m.direction = 'in' and m.is_opt_out as is_opt_out,
    (
        m.direction = 'out' and m.actor = 'agent' and m.state in ('SENT', 'UNKNOWN')
        and coalesce(a.arm, m.traced_arm, '') = 'holdout'
    ) as is_sent_to_holdout,
    (
        m.direction = 'out' and m.touch_class = 'proactive' and m.state in ('SENT', 'UNKNOWN')
        and coalesce(m.occurred_at > o.opted_out_at, false)
    ) as is_sent_after_opt_out,
    m.occurred_at, m.lead_created_at
from int_messages_settled as m
left join int_persons_tracked as a
    on m.tenant_id = a.tenant_id and m.person_id = a.person_id and coalesce(m.experiment_id, '') = a.named_experiment
left join opted_out as o on m.tenant_id = o.tenant_id and m.person_id = o.person_id;
