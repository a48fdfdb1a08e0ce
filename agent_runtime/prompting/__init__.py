"""What a language model is asked: versioned files, made into a stable prefix and a turn."""
