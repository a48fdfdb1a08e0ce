with assignments as (
    select
        tenant_id,
        person_id,
        experiment_id,
        assignment_id,
        arm,
        assigned_at
    from {{ ref('stg_experiments__assignments') }}
),

firsts as (
    select *
    from assignments
    qualify row_number() over (
        partition by tenant_id, person_id
        order by assigned_at, experiment_id
    ) = 1
)

select
    tenant_id,
    person_id,
    experiment_id as named_experiment,
    assignment_id,
    experiment_id,
    arm,
    assigned_at
from assignments
union all
select
    tenant_id,
    person_id,
    '' as named_experiment,
    assignment_id,
    experiment_id,
    arm,
    assigned_at
from firsts
