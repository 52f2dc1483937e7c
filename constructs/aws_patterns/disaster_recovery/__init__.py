"""Workloads in two Regions: an objective, the strategy that meets it, and a failover that has been rehearsed."""
