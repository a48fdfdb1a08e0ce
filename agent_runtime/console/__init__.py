"""What people reach over HTTP; each part brings its own routes."""
