select
    tenant_id,
    person_id,
    named_experiment,
    assignment_id,
    experiment_id,
    arm,
    assigned_at
from {{ ref('int_persons_tracked') }}
where row_key is not null
