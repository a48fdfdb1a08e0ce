{{ config(materialized='incremental', incremental_strategy='by_load', on_schema_change='fail') }}
{%- set files = var('new_trace_files') if is_addition() else none %}

select distinct
    ---------- ids
    event_id,
    tenant_id,

    ---------- texts
    {{ unusable_because() }} as reason,
    kind,
    payload,

    ---------- numerics
    seq,
    schema_version,

    ---------- timestamps
    occurred_at
from {{ lake('runtime', 'trace_events', only=files) }}
where {{ unusable_because() }} is not null
{%- if is_addition() %}
except
select
    event_id,
    tenant_id,
    reason,
    kind,
    payload,
    seq,
    schema_version,
    occurred_at
from {{ this }}
{%- endif %}
