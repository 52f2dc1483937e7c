"""Serverless patterns: APIs, workflows and event-driven applications without servers to keep."""
