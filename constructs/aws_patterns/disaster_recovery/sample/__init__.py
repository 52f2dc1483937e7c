"""The workload that the stacks take to two Regions."""
