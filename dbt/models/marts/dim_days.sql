select cast(day.generate_series as date) as date_day
from generate_series(date '2010-01-01', date '2039-12-31', interval 1 day) as day
