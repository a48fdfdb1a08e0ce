"""A company in a box: CRM exports, mail, calendar, buyers and reps, and a truth only it knows."""
