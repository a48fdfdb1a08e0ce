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
        arm,
        hash(tenant_id, person_id, named_experiment, assignment_id, experiment_id, arm) as row_key
    from {{ ref('int_persons_assigned') }}
    {%- if is_addition() and not var('are_assignments_new', true) %}
    where false
    {%- endif %}
)

{%- if is_addition() and var('are_assignments_new', true) %},

-- Rows are compared by their hash, narrow enough to look through all of them every day.
changed as (
    select assigned.*
    from assigned
    anti join {{ this }} as known
        on assigned.row_key = known.row_key
),

-- An assignment that is not there any more leaves its person without an arm, as if there had been none.
gone as (
    select
        known.tenant_id,
        known.person_id,
        known.named_experiment,
        null as assignment_id,
        null as experiment_id,
        null as arm,
        null as row_key
    from {{ this }} as known
    anti join assigned
        on known.row_key = assigned.row_key
    anti join changed
        on
            known.tenant_id = changed.tenant_id
            and known.person_id = changed.person_id
            and known.named_experiment = changed.named_experiment
    where known.row_key is not null
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
