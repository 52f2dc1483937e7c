"""Real servers behind the endpoints of databases and caches: PostgreSQL and Redis of this machine.

The emulator's RDS and ElastiCache have endpoints at which nothing listens. Where programs run in the place of
instances, they need what they are told to connect to: so a database of PostgreSQL and a cache of Valkey or Redis get a
server on the loopback, with the users and the passwords that the stack gives them, and the endpoint is where that is.
Other engines, and everything where the servers are not installed, keep endpoints at which nothing listens.
"""
