with deals as (
    select * from {{ ref('int_opportunities_placed') }}
),

stages as (
    select
        *,
        'opened' as reached,
        opened_at as entered_at,
        cast(null as double) as days_open
    from deals
    where opened_at is not null
    union all
    select
        *,
        stage as reached,
        cast(null as timestamp) as entered_at,
        cast(null as double) as days_open
    from deals
    where closed_at is null and not is_won and stage is not null and stage != 'opened'
    union all
    select
        *,
        case when is_won then 'won' else 'lost' end as reached,
        closed_at as entered_at,
        date_diff('microsecond', opened_at, closed_at) / 86400e6 as days_open
    from deals
    where closed_at is not null or is_won
)

select
    ---------- ids
    concat_ws(':', tenant_id, opportunity_id, reached) as opportunity_stage_id,
    tenant_id,
    opportunity_id,
    thread_id,
    person_id,
    assignment_id,
    experiment_id,
    campaign_id,

    ---------- texts
    arm,
    playbook,
    reached as stage,

    ---------- numerics
    amount_usd,
    days_open,

    ---------- timestamps
    opened_at,
    entered_at
from stages
