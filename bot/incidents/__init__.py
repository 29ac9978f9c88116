"""NOUNS, pure: what went wrong in a job, who follows from whom, and what people decided about it."""
