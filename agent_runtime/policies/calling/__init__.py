"""Rules before dialling: each a condition over the facts of a call, and a sentence where it fails.

A rule holds of a call or it does not; a fact that is missing means no. The same conditions compile
to Polars in `pipelines.transforms.calls`.
"""
