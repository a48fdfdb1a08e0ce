select
    ---------- ids
    incidents.event_id as incident_id,
    incidents.tenant_id,
    incidents.thread_id,
    incidents.person_id,
    opened.campaign_id,

    ---------- texts
    opened.playbook,
    incidents.what,
    incidents.severity,

    ---------- timestamps
    incidents.occurred_at
from {{ ref('stg_runtime__incidents') }} as incidents
left join {{ ref('int_threads_opened') }} as opened
    on
        incidents.tenant_id = opened.tenant_id
        and incidents.thread_id = opened.thread_id
