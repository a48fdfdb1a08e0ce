with used as (
    select
        event_id as cost_id,
        tenant_id,
        thread_id,
        person_id,
        message_id,
        item,
        unit,
        actor,
        quantity,
        occurred_at
    from {{ ref('stg_runtime__costs') }}
),

standing as (
    select
        cost_id,
        tenant_id,
        null as thread_id,
        null as person_id,
        null as message_id,
        item,
        unit,
        'system' as actor,
        quantity,
        occurred_at
    from {{ ref('int_standing_costs_spread') }}
),

costs as (
    select * from used
    union all
    select * from standing
),

prices as (
    select * from {{ ref('int_prices_dated') }}
),

opened as (
    select * from {{ ref('int_threads_opened') }}
),

assigned as (
    select * from {{ ref('int_persons_assigned') }}
)

select
    ---------- ids
    costs.cost_id,
    costs.tenant_id,
    costs.thread_id,
    costs.person_id,
    costs.message_id,
    assigned.assignment_id,
    assigned.experiment_id,
    opened.campaign_id,

    ---------- texts
    opened.playbook,
    coalesce(assigned.arm, opened.traced_arm) as arm,
    costs.item,
    costs.unit,
    costs.actor,
    prices.price_version,
    case
        when costs.quantity * prices.price_usd is null
            then coalesce(nullif(prices.why_unknown, ''), 'no price of this item and unit on this day')
    end as why_unpriced,

    ---------- numerics
    costs.quantity,
    prices.price_usd,
    costs.quantity * prices.price_usd as amount_usd,

    ---------- booleans
    coalesce(assigned.arm, opened.traced_arm, '') != '{{ var("holdout_arm") }}' as is_program,

    ---------- timestamps
    costs.occurred_at
from costs
left join prices
    on
        costs.item = prices.item
        and costs.unit = prices.unit
        and cast(costs.occurred_at as date) >= prices.valid_from
        and (
            prices.valid_until is null
            or cast(costs.occurred_at as date) < prices.valid_until
        )
left join opened
    on
        costs.tenant_id = opened.tenant_id
        and costs.thread_id = opened.thread_id
left join assigned
    on
        costs.tenant_id = assigned.tenant_id
        and costs.person_id = assigned.person_id
        and assigned.named_experiment = ''
