"""What batch code has published for people to read: dashboards and answers of experiments.

Nothing here computes a metric: every number, interval and word was written when it was published.
"""
