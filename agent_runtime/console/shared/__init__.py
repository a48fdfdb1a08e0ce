"""A redacted thread for whoever has its link: nobody signs in, nothing can be changed."""
