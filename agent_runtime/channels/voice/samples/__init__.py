"""Sample calls with their traces, for whoever wants to hear and see what a call is like (R269)."""
