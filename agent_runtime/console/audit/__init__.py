"""Who did what in the console, for admins."""
