"""Load balancing patterns: what stands in front of fleets, and the tiers that come of both."""
