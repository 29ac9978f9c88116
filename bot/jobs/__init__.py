"""NOUNS, pure: training jobs, the watches on them, and the ways in which people name them."""
