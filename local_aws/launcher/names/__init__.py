"""Public host names: what they stand for, and TLS under them for functions of the embedded AWS and for tests."""
