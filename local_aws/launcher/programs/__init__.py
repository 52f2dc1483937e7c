"""The project's programs in the place of instances: a process for each instance that would install one.

Nothing boots: a program is fetched from where the boot script fetches it and started with the script's options or
variables, and that is all of the script that happens. Around it is what an instance has: a metadata service, with the
credentials of its role, and somebody who starts a service again.

The sample application runs where an HTTP target group sends requests: to its instances no load balancer here speaks
TLS of theirs, and a network load balancer carries nothing. The queue worker runs wherever it is installed.
"""
