{{
    config(
        materialized='incremental',
        incremental_strategy='by_load',
        unique_key=['tenant_id', 'person_id', 'named_experiment'],
        on_schema_change='fail',
    )
}}

with assigned as (
    select
        tenant_id,
        person_id,
        named_experiment,
        assignment_id,
        experiment_id,
        arm
    from {{ ref('int_persons_assigned') }}
    {%- if is_addition() and not var('are_assignments_new', true) %}
    where false
    {%- endif %}
)

{%- if is_addition() and var('are_assignments_new', true) %},

known as (
    select
        tenant_id,
        person_id,
        named_experiment,
        assignment_id,
        experiment_id,
        arm
    from {{ this }}
),

changed as (
    select assigned.* from assigned
    except
    select known.* from known
),

-- An assignment that is not there any more leaves its person without an arm, as if there had been none.
gone as (
    select
        known.tenant_id,
        known.person_id,
        known.named_experiment,
        null as assignment_id,
        null as experiment_id,
        null as arm
    from known
    anti join assigned
        on
            known.tenant_id = assigned.tenant_id
            and known.person_id = assigned.person_id
            and known.named_experiment = assigned.named_experiment
    where known.assignment_id is not null
)

select
    changed.*,
    {{ this_load() }} as load
from changed
union all by name
select
    gone.*,
    {{ this_load() }} as load
from gone
{%- else %}

select
    assigned.*,
    {{ this_load() }} as load
from assigned
{%- endif %}
