"""The opinions of the load balancing patterns. Plain numbers: a CDK object here would start Node at import."""
