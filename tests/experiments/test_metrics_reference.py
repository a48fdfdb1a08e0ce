"""docs/metrics.md says what the semantic layer says."""

from experiments.metrics import list_metrics
from experiments.metrics_reference import main, metrics_reference
from pipelines.manifest import ensure_manifest


def test_the_page_in_the_repository_is_current(repository):
    """Make it again: python -m experiments.metrics_reference docs/metrics.md."""
    ensure_manifest()
    page = (repository / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert page == metrics_reference(list_metrics())


def test_the_page_is_written_where_it_is_wanted(tmp_path):
    main([str(tmp_path / "metrics.md")])
    page = (tmp_path / "metrics.md").read_text(encoding="utf-8")
    for definition in list_metrics():
        assert f"`{definition.name}`" in page
