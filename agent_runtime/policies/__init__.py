"""Pure rules, one per file, and the permit that they guard."""
