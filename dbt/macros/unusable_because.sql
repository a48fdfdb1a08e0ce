{#- Why a row of a trace file says nothing that a figure may rest on; null where it does. -#}
{%- macro unusable_because() -%}
    case
        when coalesce(event_id, '') = '' then 'event_id: missing'
        when coalesce(tenant_id, '') = '' then 'tenant_id: missing'
        when occurred_at is null then 'occurred_at: missing, or no timestamp'
        when coalesce(schema_version, 1) != 1 then 'schema_version: not known here'
        when
            coalesce(kind, '') not in (
                'turn', 'message', 'delivery', 'meeting', 'call', 'review', 'survey', 'crm_write', 'policy',
                'suppression', 'incident', 'cost'
            )
            then 'kind: not known here'
    end
{%- endmacro -%}
