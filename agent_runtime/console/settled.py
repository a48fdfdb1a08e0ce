"""Memory of a server that has started: what will live as long as it does is looked at no more."""

import gc


def settle() -> None:
    """Takes all that is loaded by now out of the search for garbage.

    A page of a long thread makes ten thousand objects, and the search that follows would walk
    over every module and template for a fifth of a second.
    """
    gc.collect()
    gc.freeze()
