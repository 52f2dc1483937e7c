"""A data centre and AWS as each other's second site."""
