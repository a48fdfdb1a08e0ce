-- A failing row is a touch of a campaign that the agent sent, or may have sent, to one person more than once.
select
    tenant_id,
    campaign_id,
    person_id,
    touch,
    count(*) as messages
from {{ ref('fct_messages') }}
where is_maybe_sent and is_by_agent and touch_class = 'proactive' and touch is not null
group by tenant_id, campaign_id, person_id, touch
having count(*) > 1
