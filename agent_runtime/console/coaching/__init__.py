"""Pages on which reviewers score samples and coach, and everybody learns."""
