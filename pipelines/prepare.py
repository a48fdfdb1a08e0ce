"""Makes ahead what the first run would wait for: dbt's manifest and MLflow's empty database.

`make setup` runs it; where nobody did, the first command that needs either makes it.
"""

from experiments.empty_tracking import keep_empty_database
from pipelines.manifest import ensure_manifest

if __name__ == "__main__":
    ensure_manifest()
    keep_empty_database()
