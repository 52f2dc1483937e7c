"""Keys and secrets, in one Region and in several."""
