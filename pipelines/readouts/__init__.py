"""What a run says for itself: published metrics, the campaign's report, its page."""
