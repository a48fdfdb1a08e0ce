"""What a user can get wrong here; the command line prints the sentence and exits with 2."""


class PipelineError(Exception):
    """Base of every error of this package that a user can cause and mend."""
