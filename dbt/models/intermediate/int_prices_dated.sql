select
    item,
    unit,
    price_usd,
    a_day,
    why_unknown,
    version as price_version,
    valid_from,
    lead(valid_from) over (partition by item, unit order by valid_from) as valid_until
from {{ ref('prices') }}
