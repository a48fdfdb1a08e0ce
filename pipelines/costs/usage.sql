-- One row per day, item and unit, and why it is not billed ('' where it is).
-- A conversation is a thread of the ledger with a billed message and a person's answer in the month; its day is the
-- one on which it had both.
with people as (
    select
        tenant_id,
        person_id,
        is_synthetic
    from dim_persons
),

messages as (
    select *
    from fct_messages
    where
        tenant_id = $tenant
        and cast(occurred_at as date) between $first_day and $last_day
),

ledger as (
    select
        costs.occurred_at,
        costs.thread_id,
        costs.message_id,
        costs.item,
        costs.unit,
        cast(costs.quantity as decimal(18, 6)) as quantity,
        case
            when costs.actor = 'system' then 'standing'
            when coalesce(fct_messages.is_bounced, false) then 'failed'
            when coalesce(people.is_synthetic, false) then 'test_people'
            when not costs.is_program then 'holdout'
            when costs.actor != 'agent' then 'by_people'
            else ''
        end as why_not
    from fct_costs as costs
    left join people using (tenant_id, person_id)
    left join fct_messages using (tenant_id, message_id)
    where
        costs.tenant_id = $tenant
        and cast(costs.occurred_at as date) between $first_day and $last_day
),

never_in_the_ledger as (
    select
        occurred_at,
        case when state = 'FAILED' then 'failed' else 'unknown' end as why_not
    from messages
    where
        direction = 'out'
        and (state in ('FAILED', 'UNKNOWN') or is_sent)
        and message_id not in (select message_id from ledger where item = 'message' and message_id is not null)
),

answered as (
    select
        thread_id,
        min(occurred_at) as answered_at
    from messages
    where is_reply
    group by thread_id
),

conversations as (
    select
        greatest(min(ledger.occurred_at), min(answered.answered_at)) as met_at,
        case when min(answered.answered_at) is null then 'unanswered' else '' end as why_not
    from ledger
    left join answered using (thread_id)
    where ledger.item = 'message' and ledger.why_not = ''
    group by ledger.thread_id
)

select
    cast(occurred_at as date) as day,
    item,
    unit,
    why_not,
    true as is_in_ledger,
    sum(quantity) as quantity
from ledger
group by all
union all
select
    cast(occurred_at as date) as day,
    'message' as item,
    '' as unit,
    why_not,
    false as is_in_ledger,
    cast(count(*) as decimal(18, 6)) as quantity
from never_in_the_ledger
group by all
union all
select
    cast(met_at as date) as day,
    'conversation' as item,
    'thread' as unit,
    why_not,
    true as is_in_ledger,
    cast(count(*) as decimal(18, 6)) as quantity
from conversations
group by all
order by all
