select
    ---------- ids
    usage_id,
    tenant_id,
    account_id,

    ---------- texts
    usage_metric,

    ---------- numerics
    usage_value,

    ---------- timestamps
    cast(used_on as timestamp) as used_on
from {{ ref('stg_usage__daily') }}
