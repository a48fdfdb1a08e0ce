with studies as (
    select
        tenant_id,
        task,
        median(minutes_by_hand - minutes_with_agent) as minutes_saved
    from {{ ref('stg_runtime__reviews') }}
    where what = 'time_study'
    group by tenant_id, task
),

done as (
    select
        tenant_id,
        message_id as done_id,
        case touch_class when 'proactive' then 'touch' when 'reply' then 'answer' else 'confirmation' end as task,
        thread_id,
        person_id,
        assignment_id,
        experiment_id,
        campaign_id,
        arm,
        playbook,
        occurred_at
    from {{ ref('fct_messages') }}
    where is_sent and is_by_agent
    union all
    select
        tenant_id,
        event_uid as done_id,
        'booking' as task,
        thread_id,
        person_id,
        assignment_id,
        experiment_id,
        campaign_id,
        arm,
        playbook,
        set_at as occurred_at
    from {{ ref('fct_meetings') }}
    where is_set and actor = 'agent'
    union all
    select
        tenant_id,
        turn_id as done_id,
        'brief' as task,
        thread_id,
        person_id,
        assignment_id,
        experiment_id,
        campaign_id,
        arm,
        playbook,
        occurred_at
    from {{ ref('fct_turns') }}
    where actor = 'agent' and action = 'brief'
)

select
    ---------- ids
    concat_ws(':', done.task, done.done_id) as automated_task_id,
    done.tenant_id,
    done.thread_id,
    done.person_id,
    done.assignment_id,
    done.experiment_id,
    done.campaign_id,

    ---------- texts
    done.arm,
    done.playbook,
    done.task,

    ---------- numerics
    studies.minutes_saved,

    ---------- timestamps
    done.occurred_at
from done
left join studies
    on
        done.tenant_id = studies.tenant_id
        and done.task = studies.task
