{{
    config(
        materialized='incremental',
        incremental_strategy='by_load',
        unique_key='tracked_key',
        on_schema_change='fail',
    )
}}

{%- set key_of = 'hash(tenant_id, person_id, {}, assignment_id, experiment_id, arm, assigned_at)' %}

with
{%- if is_addition() %}
-- Assignments are compared by their hash, narrow enough to look through all of them every day. The others belong to
-- persons of whom nothing is new: neither they nor what follows from them are looked at again.
assignments as (
    select
        tenant_id,
        person_id,
        {{ key_of.format('experiment_id') }} as row_key
    from {{ ref('stg_experiments__assignments') }}
    where {{ var('are_assignments_new', true) }}
),

known as (
    select
        tenant_id,
        person_id,
        row_key
    from {{ this }}
    where
        named_experiment != ''
        and row_key is not null
        and {{ var('are_assignments_new', true) }}
),

differing as (
    select
        coalesce(assignments.tenant_id, known.tenant_id) as tenant_id,
        coalesce(assignments.person_id, known.person_id) as person_id
    from assignments
    full join known
        on assignments.row_key = known.row_key
    where
        assignments.row_key is null
        or known.row_key is null
),

known_of_them as (
    select known.*
    from {{ this }} as known
    semi join differing
        on
            known.tenant_id = differing.tenant_id
            and known.person_id = differing.person_id
    where known.row_key is not null
),

assignments_of_them as (
    select assignments.*
    from {{ ref('stg_experiments__assignments') }} as assignments
    semi join differing
        on
            assignments.tenant_id = differing.tenant_id
            and assignments.person_id = differing.person_id
),
{%- else %}
known_of_them as (
    select
        null::varchar as tenant_id,
        null::varchar as person_id,
        null::varchar as named_experiment,
        null::ubigint as row_key
    where false
),

assignments_of_them as (
    select * from {{ ref('stg_experiments__assignments') }}
),
{%- endif %}

-- Who is written to without the name of an experiment counts to the first that they were assigned in.
firsts as (
    select
        tenant_id,
        person_id,
        arg_min(
            struct_pack(assignment_id, experiment_id, arm, assigned_at),
            (assigned_at, experiment_id)
        ) as assignment
    from assignments_of_them
    group by tenant_id, person_id
),

named as (
    select
        tenant_id,
        person_id,
        experiment_id as named_experiment,
        assignment_id,
        experiment_id,
        arm,
        assigned_at
    from assignments_of_them
    union all by name
    select
        tenant_id,
        person_id,
        '' as named_experiment,
        assignment.assignment_id,
        assignment.experiment_id,
        assignment.arm,
        assignment.assigned_at
    from firsts
),

assigned as (
    select
        *,
        {{ key_of.format('named_experiment') }} as row_key
    from named
),

changed as (
    select * from assigned
    where row_key not in (select known_of_them.row_key from known_of_them)
),

-- An assignment that is not there any more leaves its person without an arm, as if there had been none.
gone as (
    select
        known_of_them.tenant_id,
        known_of_them.person_id,
        known_of_them.named_experiment
    from known_of_them
    anti join assigned
        on
            known_of_them.tenant_id = assigned.tenant_id
            and known_of_them.person_id = assigned.person_id
            and known_of_them.named_experiment = assigned.named_experiment
),

tracked as (
    select * from changed
    union all by name
    select * from gone
)

select
    *,
    hash(tenant_id, person_id, named_experiment) as tracked_key,
    {{ this_load() }} as load
from tracked
