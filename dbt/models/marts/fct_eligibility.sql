with launched as (
    select
        tenant_id,
        min(assigned_at) as launched_at
    from {{ ref('stg_experiments__assignments') }}
    group by tenant_id
),

decisions as (
    select
        decided.* exclude (as_of),
        coalesce(decided.as_of, launched.launched_at) as as_of
    from {{ ref('stg_outreach__eligibility') }} as decided
    left join launched
        on decided.tenant_id = launched.tenant_id
),

snapshots as (
    select
        *,
        cast(as_of as date) as valid_from
    from decisions
    where as_of is not null
    qualify row_number() over (
        partition by tenant_id, campaign_id, person_id, cast(as_of as date)
        order by as_of desc, contact_id asc
    ) = 1
),

dated as (
    select
        *,
        lead(valid_from) over (
            partition by tenant_id, campaign_id, person_id
            order by valid_from
        ) as valid_until
    from snapshots
),

observed as (
    select
        tenant_id,
        cast(max(occurred_at) as date) as last_day
    from {{ ref('stg_runtime__trace_events') }}
    group by tenant_id
),

touched as (
    select distinct
        tenant_id,
        person_id,
        cast(occurred_at as date) as date_day
    from {{ ref('fct_messages') }}
    where is_sent and is_by_agent
),

opted_out as (
    select * from {{ ref('int_persons_opted_out') }}
),

assigned as (
    select * from {{ ref('int_persons_assigned') }}
    where named_experiment = ''
)

select
    ---------- ids
    concat_ws(':', dated.tenant_id, dated.campaign_id, dated.person_id, days.date_day)
        as eligibility_id,
    dated.tenant_id,
    dated.campaign_id,
    dated.person_id,
    dated.contact_id,
    assigned.assignment_id,
    assigned.experiment_id,

    ---------- texts
    assigned.arm,
    dated.segment,
    dated.reason_against,

    ---------- booleans
    (
        dated.is_eligible
        and (opted_out.opted_out_at is null or days.date_day <= cast(opted_out.opted_out_at as date))
    ) as is_eligible,
    touched.person_id is not null as is_touched,

    ---------- timestamps
    days.date_day
from dated
left join observed
    on dated.tenant_id = observed.tenant_id
inner join {{ ref('dim_days') }} as days
    on
        dated.valid_from <= days.date_day
        and greatest(observed.last_day, dated.valid_from) >= days.date_day
        and coalesce(dated.valid_until, date '9999-12-31') > days.date_day
left join touched
    on
        dated.tenant_id = touched.tenant_id
        and dated.person_id = touched.person_id
        and days.date_day = touched.date_day
left join opted_out
    on
        dated.tenant_id = opted_out.tenant_id
        and dated.person_id = opted_out.person_id
left join assigned
    on
        dated.tenant_id = assigned.tenant_id
        and dated.person_id = assigned.person_id
