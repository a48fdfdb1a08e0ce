"""The runtime store: one set of tables, on SQLite, on Postgres and in memory."""
