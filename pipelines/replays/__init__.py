"""`parley replay`: old threads through new versions, side by side."""
