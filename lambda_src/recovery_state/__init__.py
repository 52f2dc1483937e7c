"""What the recovery Region knows of a workload: who serves, where, which run is under way, and what it has done."""
