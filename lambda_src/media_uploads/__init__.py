"""Signs uploads of images, and tells how they are doing from what is in the two buckets."""
