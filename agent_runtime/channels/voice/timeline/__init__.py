"""One call on a time axis: what was said, heard, decided and done, and how long it took."""
