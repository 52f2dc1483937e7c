"""Edge patterns: what stands between users and a Region."""
