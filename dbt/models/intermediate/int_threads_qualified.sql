with turns as (
    select
        tenant_id,
        thread_id,
        playbook,
        state_after
    from {{ ref('stg_runtime__turns') }}
),

checking as (
    select distinct
        tenant_id,
        playbook
    from turns
    where state_after in ('discovering', 'qualified', 'disqualified')
)

select
    turns.tenant_id,
    turns.thread_id,
    bool_or(turns.state_after = 'qualified') as is_qualified
from turns
inner join checking
    on
        turns.tenant_id = checking.tenant_id
        and turns.playbook = checking.playbook
group by turns.tenant_id, turns.thread_id
