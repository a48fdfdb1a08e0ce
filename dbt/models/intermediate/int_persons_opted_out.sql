select
    tenant_id,
    person_id,
    min(occurred_at) as opted_out_at,
    max(load) as load
from {{ ref('stg_runtime__suppressions') }}
where reason in ('opt_out', 'objection')
group by tenant_id, person_id
