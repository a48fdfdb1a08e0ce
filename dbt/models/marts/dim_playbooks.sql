with used as (
    select
        playbook,
        playbook_version,
        occurred_at
    from {{ ref('stg_runtime__turns') }}
    union all
    select
        playbook,
        null as playbook_version,
        occurred_at
    from {{ ref('stg_runtime__messages') }}
    union all
    select
        playbook,
        null as playbook_version,
        occurred_at
    from {{ ref('stg_runtime__policies') }}
)

select
    playbook,
    arg_max(playbook_version, occurred_at) as last_version,
    count(distinct playbook_version) as versions,
    min(occurred_at) as first_used_at,
    max(occurred_at) as last_used_at
from used
where playbook is not null
group by playbook
