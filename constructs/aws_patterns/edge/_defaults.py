"""The opinions of the edge patterns. Plain numbers: a CDK object here would start Node at import."""

# Browsers come back within two years only over HTTPS, as the preload lists ask (hstspreload.org).
HSTS_MAX_AGE_DAYS = 730
