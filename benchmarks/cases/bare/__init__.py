"""For some stacks, named like their modules: the CDK's own constructs, one for each service that the stack uses.

What such an app costs is the CDK's own price for the services; what the stack costs beyond is this project's.
"""
