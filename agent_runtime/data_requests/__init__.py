"""Rights of people over their data: asked for, confirmed by mail, done within a month."""
