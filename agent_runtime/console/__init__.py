"""What the runtime shows and hears over HTTP."""
