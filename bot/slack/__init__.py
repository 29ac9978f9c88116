"""WIRE: everything that knows Slack."""
