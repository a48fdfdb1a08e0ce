select
    ---------- ids
    opportunity_id,
    tenant_id,
    account_id,
    thread_id,
    person_id,
    owner_id,
    assignment_id,
    experiment_id,
    campaign_id,

    ---------- texts
    arm,
    playbook,
    stage,

    ---------- numerics
    amount_usd,

    ---------- booleans
    is_won,
    list_contains({{ var("qualified_stages") }}, stage) as is_qualified,
    coalesce(arm != '{{ var("holdout_arm") }}' and opened_at >= assigned_at, false) as is_program,

    ---------- timestamps
    assigned_at,
    opened_at,
    closed_at
from {{ ref('int_opportunities_placed') }}
