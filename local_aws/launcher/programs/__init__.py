"""The sample application in the place of instances: a process for each instance that would install it.

Nothing boots: the application is fetched from where the boot script fetches it and started with the script's
options, and that is all of the script that happens. Only where an HTTP target group sends requests: to its instances
no load balancer here speaks TLS of theirs, and a network load balancer carries nothing.
"""
