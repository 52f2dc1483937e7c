"""Who serves, and how users get there: state, switch, records and health checks."""
