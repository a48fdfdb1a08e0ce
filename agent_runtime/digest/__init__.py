"""The weekly digest: what the agent brought, by mail to those of ours who lead."""
