"""Says which Region serves, to health checks in words and to everybody else by sending them there."""
