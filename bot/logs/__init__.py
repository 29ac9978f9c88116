"""NOUNS, pure: log lines and everything that is computed from them without I/O."""
