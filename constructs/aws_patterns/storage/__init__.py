"""Storage patterns: files, objects and who keeps them for how long."""
