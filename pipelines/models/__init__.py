"""The registry of the models that the agent reads with: versions, champion, promotions."""
