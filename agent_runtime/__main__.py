"""`python -m agent_runtime` is the worker."""

from agent_runtime.settings import load_settings
from agent_runtime.worker import main

if __name__ == "__main__":
    main(load_settings())
