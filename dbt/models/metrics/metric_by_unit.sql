with assignments as (
    select
        *,
        assigned_at + interval ({{ var('measurement_window_days') }}) day as window_ends_at
    from {{ ref('fct_assignments') }}
),

messages as (
    select
        assignments.assignment_id,
        count(*) filter (where messages.is_sent and messages.is_by_agent) as touches,
        count(*) filter (where messages.is_sent and not messages.is_by_agent) as human_touches,
        bool_or(messages.is_reply) as is_replied,
        bool_or(messages.is_positive) as is_positive
    from assignments
    inner join {{ ref('fct_messages') }} as messages
        on
            assignments.tenant_id = messages.tenant_id
            and assignments.person_id = messages.person_id
            and assignments.assigned_at <= messages.occurred_at
            and assignments.window_ends_at > messages.occurred_at
    group by assignments.assignment_id
),

meetings as (
    select distinct assignments.assignment_id
    from assignments
    inner join {{ ref('fct_meetings') }} as meetings
        on
            assignments.tenant_id = meetings.tenant_id
            and assignments.person_id = meetings.person_id
            and assignments.assigned_at <= meetings.set_at
            and assignments.window_ends_at > meetings.set_at
    where meetings.is_set
),

opt_outs as (
    select distinct assignments.assignment_id
    from assignments
    inner join {{ ref('fct_suppressions') }} as suppressions
        on
            assignments.tenant_id = suppressions.tenant_id
            and assignments.person_id = suppressions.person_id
            and assignments.assigned_at <= suppressions.occurred_at
            and assignments.window_ends_at > suppressions.occurred_at
    where suppressions.is_opt_out
),

placed_deals as (
    select
        deals.*,
        named.person_id as placed_with
    from {{ ref('fct_opportunities') }} as deals
    inner join {{ ref('fct_assignments') }} as named
        on deals.assignment_id = named.assignment_id
),

-- a CRM without any deal, or one that was read before the window ended, tells nothing of the deals in it
deals_known as (
    select
        reads.tenant_id,
        max(reads.read_at) as read_at
    from {{ ref('stg_crm__reads') }} as reads
    semi join {{ ref('fct_opportunities') }} as deals
        on reads.tenant_id = deals.tenant_id
    group by reads.tenant_id
),

deals_opened as (
    select
        assignments.assignment_id,
        bool_and(deals.amount_usd is not null) as is_valued,
        sum(cast(deals.amount_usd as decimal(24, 2))) as amount_usd
    from assignments
    inner join placed_deals as deals
        on
            assignments.tenant_id = deals.tenant_id
            and assignments.person_id = deals.placed_with
            and assignments.assigned_at <= deals.opened_at
            and assignments.window_ends_at > deals.opened_at
    group by assignments.assignment_id
),

deals_won as (
    select
        assignments.assignment_id,
        bool_and(deals.amount_usd is not null) as is_valued,
        sum(cast(deals.amount_usd as decimal(24, 2))) as amount_usd
    from assignments
    inner join placed_deals as deals
        on
            assignments.tenant_id = deals.tenant_id
            and assignments.person_id = deals.placed_with
            and assignments.assigned_at <= deals.closed_at
            and assignments.window_ends_at > deals.closed_at
    where deals.is_won
    group by assignments.assignment_id
),

costs as (
    select
        assignments.assignment_id,
        bool_and(costs.amount_usd is not null) as is_priced,
        -- decimal, so that the order of rows decides no last digit
        sum(cast(costs.amount_usd as decimal(24, 9))) as cost_usd
    from assignments
    inner join {{ ref('fct_costs') }} as costs
        on
            assignments.tenant_id = costs.tenant_id
            and assignments.person_id = costs.person_id
            and assignments.assigned_at <= costs.occurred_at
            and assignments.window_ends_at > costs.occurred_at
    group by assignments.assignment_id
),

persons as (
    select
        assignments.*,
        persons.account_id,
        persons.segment,
        meetings.assignment_id is not null as is_met,
        coalesce(messages.is_replied, false) as is_replied,
        (
            coalesce(messages.is_positive, false)
            or (coalesce(messages.is_replied, false) and meetings.assignment_id is not null)
        ) as is_positive,
        opt_outs.assignment_id is not null as is_unsubscribed,
        coalesce(messages.touches, 0) as touches,
        coalesce(messages.human_touches, 0) as human_touches,
        coalesce(costs.is_priced, true) as is_priced,
        coalesce(costs.cost_usd, 0) as cost_usd,
        coalesce(deals_known.read_at >= assignments.window_ends_at, false) as are_deals_known,
        coalesce(deals_opened.is_valued, true) as is_pipeline_valued,
        coalesce(deals_opened.amount_usd, 0) as pipeline_usd,
        coalesce(deals_won.is_valued, true) as is_revenue_valued,
        coalesce(deals_won.amount_usd, 0) as revenue_usd
    from assignments
    left join {{ ref('dim_persons') }} as persons
        on
            assignments.tenant_id = persons.tenant_id
            and assignments.person_id = persons.person_id
    left join messages
        on assignments.assignment_id = messages.assignment_id
    left join meetings
        on assignments.assignment_id = meetings.assignment_id
    left join opt_outs
        on assignments.assignment_id = opt_outs.assignment_id
    left join costs
        on assignments.assignment_id = costs.assignment_id
    left join deals_known
        on assignments.tenant_id = deals_known.tenant_id
    left join deals_opened
        on assignments.assignment_id = deals_opened.assignment_id
    left join deals_won
        on assignments.assignment_id = deals_won.assignment_id
)

select
    ---------- ids
    concat_ws(':', tenant_id, experiment_id, unit_id) as unit_key,
    tenant_id,
    experiment_id,
    unit_id,
    min(account_id) as account_id,
    min(spec_hash) as spec_hash,

    ---------- texts
    min(arm) as arm,
    case when count(distinct segment) = 1 then min(segment) end as segment,

    ---------- numerics
    count(*) as persons,
    cast(bool_or(is_met) as integer) as meeting,
    cast(bool_or(is_replied) as integer) as replied,
    cast(bool_or(is_positive) as integer) as positive_intent,
    cast(bool_or(is_unsubscribed) as integer) as unsubscribed,
    cast(sum(touches) as integer) as touches,
    cast(sum(human_touches) as integer) as human_touches,
    case when bool_and(is_priced) then cast(sum(cost_usd) as double) end as cost_usd,
    case
        when bool_and(are_deals_known and is_pipeline_valued) then cast(sum(pipeline_usd) as double)
    end as pipeline_usd,
    case
        when bool_and(are_deals_known and is_revenue_valued) then cast(sum(revenue_usd) as double)
    end as revenue_usd,

    ---------- timestamps
    min(assigned_at) as assigned_at,
    max(window_ends_at) as window_ends_at
from persons
group by tenant_id, experiment_id, unit_id
