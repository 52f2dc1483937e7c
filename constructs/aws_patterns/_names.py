"""How AWS names what options name, as far as that can be told without asking AWS. Needs no CDK."""

from __future__ import annotations

import re

# Of any partition: eu-west-1, us-gov-east-1, eusc-de-east-1.
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}", re.ASCII)
# With a dot at least: orders.example.org.
DOMAIN_NAME = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)
# Of Route 53: Z0123456789ABCDEFGHIJ.
HOSTED_ZONE_ID = re.compile(r"Z[A-Z0-9]{1,31}", re.ASCII)
