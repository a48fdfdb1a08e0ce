{{ config(materialized='incremental', incremental_strategy='by_load', on_schema_change='fail') }}

with events as (
    select
        *,
        {{ payload({
            'scope': 'VARCHAR', 'channel': 'VARCHAR', 'reason': 'VARCHAR', 'source_message_id': 'VARCHAR'
        }) }} as fields
    from {{ ref('stg_runtime__trace_events') }}
    where kind = 'suppression' and {{ is_new() }}
)

select
    ---------- ids
    event_id,
    tenant_id,
    thread_id,
    person_id,
    fields.source_message_id as source_message_id,

    ---------- texts
    fields.scope as scope,
    fields.channel as channel,
    fields.reason as reason,

    ---------- numerics
    seq,
    load,

    ---------- timestamps
    occurred_at
from events
