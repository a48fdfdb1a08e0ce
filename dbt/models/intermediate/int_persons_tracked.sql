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
    {%- if not var('are_assignments_new', true) %}
    where false
    {%- endif %}
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
    {%- if not var('are_assignments_new', true) %}
        and false
    {%- endif %}
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
assignments_of_them as (
    select * from {{ ref('stg_experiments__assignments') }}
),
{%- endif %}

-- Who is written to without the name of an experiment counts to the first that they were assigned in.
firsts as (
    select
        tenant_id,
        person_id,
        unnest(
            arg_min(
                struct_pack(assignment_id, experiment_id, arm, assigned_at),
                (assigned_at, experiment_id)
            )
        )
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
        *,
        '' as named_experiment
    from firsts
),

assigned as (
    select
        *,
        {{ key_of.format('named_experiment') }} as row_key
    from named
),

rows as (
    select * from assigned
    {%- if is_addition() %}
    anti join known_of_them
        on assigned.row_key = known_of_them.row_key
    union all by name
    -- An assignment that is not there any more leaves its person without an arm, as if there had been none.
    select
        tenant_id,
        person_id,
        named_experiment
    from known_of_them
    anti join assigned
        on
            known_of_them.tenant_id = assigned.tenant_id
            and known_of_them.person_id = assigned.person_id
            and known_of_them.named_experiment = assigned.named_experiment
    {%- endif %}
)

select
    *,
    hash(tenant_id, person_id, named_experiment) as tracked_key,
    {{ this_load() }} as load
from rows
