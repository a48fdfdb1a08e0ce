"""Pages for people outside: what they hear from us, their meeting, their rights over their data.

They need no login, no script and no cookie. Looking at one changes nothing.
"""
