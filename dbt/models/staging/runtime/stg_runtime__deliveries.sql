{{ config(materialized='incremental', incremental_strategy='by_load', on_schema_change='fail') }}

with events as (
    select
        *,
        {{ payload({
            'message_id': 'VARCHAR', 'rfc_message_id': 'VARCHAR', 'status': 'VARCHAR', 'code': 'VARCHAR',
            'source': 'VARCHAR'
        }) }} as fields
    from {{ ref('stg_runtime__trace_events') }}
    where kind = 'delivery' and {{ is_new() }}
)

select
    ---------- ids
    event_id,
    tenant_id,
    fields.message_id as message_id,
    thread_id,
    person_id,
    fields.rfc_message_id as rfc_message_id,

    ---------- texts
    fields.status as status,
    fields.code as status_code,
    fields.source as reported_by,

    ---------- numerics
    seq,
    load,
    hash(tenant_id, fields.message_id) as message_key,

    ---------- timestamps
    occurred_at
from events
