"""`python -m agent_runtime.sandbox` is the company in a box."""

from agent_runtime.sandbox.process import main
from agent_runtime.settings import load_settings

if __name__ == "__main__":
    main(load_settings())
