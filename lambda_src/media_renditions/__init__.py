"""A job for ``queue_worker``: from an image in the Master bucket to its renditions in the Transcode bucket."""
