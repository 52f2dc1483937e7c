"""A small web application for trying out what stands around it: who answers, is it healthy, does it drain.

Runs on an instance with nothing but its system's Python, 3.9 on Amazon Linux 2023: ``python3 -m sample_web_app``.
"""
