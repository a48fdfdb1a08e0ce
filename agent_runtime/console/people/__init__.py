"""People of ours who use the console: accounts, sign-in, sessions, service tokens."""
