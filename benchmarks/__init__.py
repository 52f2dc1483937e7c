"""What building stacks costs, as ratios within one run: `python -m benchmarks`.

Seconds differ from machine to machine and from hour to hour, so every number is set against F: an app with one
resource, the CDK's template validation off, measured between the others in the same minute. CPU seconds of whole
processes, Node.js included. Nothing here passes or fails; `results.md` holds the last results.

`python -m benchmarks --worker` sets the worker program against a bare loop at the same queue: `worker.md`.
"""
