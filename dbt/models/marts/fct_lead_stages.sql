with leads as (
    select
        tenant_id,
        person_id,
        min(lead_created_at) as lead_created_at,
        max(case lower(lead_stage)
            when 'mql' then 2
            when 'sql' then 3
            when 'opportunity' then 4
            when 'customer' then 5
            when 'won' then 5
            else 1
        end) as last_step
    from {{ ref('stg_crm__contacts') }}
    where person_id is not null and (lead_stage is not null or lead_created_at is not null)
    group by tenant_id, person_id
),

deals as (
    select
        leads.tenant_id,
        leads.person_id,
        min(deals.opened_at) as opened_at,
        min(deals.entered_at) filter (where deals.stage = 'won') as won_at,
        max(case deals.stage when 'won' then 5 else 4 end) as last_step
    from leads
    inner join {{ ref('fct_opportunity_stages') }} as deals
        on
            leads.tenant_id = deals.tenant_id
            and leads.person_id = deals.person_id
            -- a deal from before the person was a lead is no step of that lead
            and coalesce(leads.lead_created_at <= deals.opened_at, true)
    group by leads.tenant_id, leads.person_id
),

steps as (
    select
        leads.tenant_id,
        leads.person_id,
        leads.lead_created_at,
        step.stage,
        step.number,
        case step.stage
            when 'lead' then leads.lead_created_at
            when 'opportunity' then deals.opened_at
            when 'won' then deals.won_at
        end as reached_at
    from leads
    left join deals
        on
            leads.tenant_id = deals.tenant_id
            and leads.person_id = deals.person_id
    inner join (
        values ('lead', 1), ('mql', 2), ('sql', 3), ('opportunity', 4), ('won', 5)
    ) as step (stage, number)
        on greatest(leads.last_step, coalesce(deals.last_step, 1)) >= step.number
)

select
    ---------- ids
    concat_ws(':', steps.tenant_id, steps.person_id, steps.stage) as lead_stage_id,
    steps.tenant_id,
    exposed.thread_id,
    steps.person_id,
    exposed.assignment_id,
    exposed.experiment_id,
    exposed.campaign_id,

    ---------- texts
    exposed.arm,
    exposed.playbook,
    steps.stage,

    ---------- timestamps
    steps.lead_created_at,
    steps.reached_at
from steps
left join {{ ref('int_persons_exposed') }} as exposed
    on
        steps.tenant_id = exposed.tenant_id
        and steps.person_id = exposed.person_id
