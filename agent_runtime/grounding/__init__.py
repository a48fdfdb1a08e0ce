"""Whether each sentence of a draft stands on approved facts: deterministic checks first."""
