"""The opinions that every pattern shares. Plain numbers: a CDK object here would start Node at import."""

# The newest Python that both Lambda and this CDK release know (AwsSolutions-L1 asks for it).
PYTHON_VERSION = "3.14"

# A function here is short glue: 256 MB gives a cold start under a second for little more than the minimum's cost
# (lambda/latest/dg/configuration-memory.html).
FUNCTION_MEMORY_MB = 256

# Long enough to look into last month's complaint, short enough not to become an archive.
LOG_RETENTION = "ONE_MONTH"
