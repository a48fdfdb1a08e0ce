with named as (
    select
        tenant_id,
        thread_id,
        task_id,
        channel,
        occurred_at
    from {{ ref('int_messages_settled') }}
    union all
    select
        tenant_id,
        thread_id,
        task_id,
        null as channel,
        occurred_at
    from {{ ref('stg_runtime__turns') }}
    union all
    select
        tenant_id,
        thread_id,
        task_id,
        null as channel,
        occurred_at
    from {{ ref('stg_runtime__policies') }}
),

threads as (
    select
        tenant_id,
        thread_id,
        -- the least of those at one time, so that the order of rows decides nothing
        arg_min(channel, (occurred_at, channel)) as channel,
        arg_min(task_id, (occurred_at, task_id)) as task_id
    from named
    where thread_id is not null
    group by tenant_id, thread_id
)

select
    ---------- ids
    threads.thread_id,
    threads.tenant_id,
    threads.task_id,

    ---------- texts
    threads.channel,
    tasks.autonomy
from threads
left join {{ ref('stg_outreach__tasks') }} as tasks
    on
        threads.tenant_id = tasks.tenant_id
        and threads.task_id = tasks.task_id
