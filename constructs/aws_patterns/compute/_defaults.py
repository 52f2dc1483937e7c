"""The opinions of the compute patterns. Plain numbers: a CDK object here would start Node at import."""
