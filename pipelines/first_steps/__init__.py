"""The first pilot of a company: its files, written by `parley init`."""
