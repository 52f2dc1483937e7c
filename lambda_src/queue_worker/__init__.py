"""A worker that takes messages off a queue and loses none: ``python -m queue_worker`` on an instance or in a container.

What is done with a message is a job of its own package, named by ``JOB``; see ``queue_worker.job``.
"""
