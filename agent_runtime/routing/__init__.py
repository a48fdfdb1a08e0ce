"""Who of ours gets what, by which way, by when, and who after them."""
