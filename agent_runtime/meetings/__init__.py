"""Meeting templates and pools: data, and the choice of who meets a buyer."""
