"""What another policy would have brought: turns from traces, outcomes from the warehouse."""
