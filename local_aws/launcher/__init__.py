"""The server process: MiniStack plus what the CDK needs and MiniStack lacks.

Run as ``python -m local_aws.launcher --port 4566``. Nothing in here is imported by the command line or the
tests' own process: MiniStack reads its settings when it is imported.
"""
