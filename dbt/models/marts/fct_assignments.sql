select
    ---------- ids
    assignment_id,
    tenant_id,
    experiment_id,
    unit_id,
    person_id,
    spec_hash,

    ---------- texts
    arm,
    layer,
    assigned_by,

    ---------- booleans
    arm = '{{ var("holdout_arm") }}' as is_holdout,

    ---------- timestamps
    assigned_at
from {{ ref('stg_experiments__assignments') }}
