"""What jobs are made of: values and pure rules. Every `*_at` is milliseconds since 1970."""
