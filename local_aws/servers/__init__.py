"""Real database and cache servers on this machine, for as long as something needs them.

Each runs on a free port of 127.0.0.1 with a folder of its own, without privileges, and ends with whoever started it.
``python -m local_aws.servers --install`` installs what is missing, where that can be done.
"""
