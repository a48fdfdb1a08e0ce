"""The kinds of sources, one file each: how its YAML reads, and the dlt source that it becomes."""
