"""The embedded AWS: start it, deploy to it with the real ``cdk deploy``, look into it, stop it.

A development tool. Nothing in ``aws_patterns`` imports it.
"""
