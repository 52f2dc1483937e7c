"""What a change of a template does to what is deployed: ``python -m aws_patterns.review OLD NEW``."""
