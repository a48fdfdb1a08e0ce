"""Estimators: each takes one arm beside the control and returns an effect with its interval."""
