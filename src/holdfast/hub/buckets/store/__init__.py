"""SQL of buckets and their files. Functions on an open transaction; times are given, never read."""
