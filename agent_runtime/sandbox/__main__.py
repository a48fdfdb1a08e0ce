"""`python -m agent_runtime.sandbox [days|morning|live]` is the company in a box."""

import sys

from agent_runtime.sandbox.process import main
from agent_runtime.settings import load_settings

if __name__ == "__main__":
    part = sys.argv[1] if len(sys.argv) > 1 else "days"
    if part not in ("days", "morning", "live"):
        sys.exit(f"{part!r}: the sandbox plays days, morning or live.")
    main(load_settings(), part)
