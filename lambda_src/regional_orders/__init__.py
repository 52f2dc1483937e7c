"""Orders, kept in a table with a document each in a bucket: a workload small enough to be recovered for practice."""
