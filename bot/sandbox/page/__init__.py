"""The sandbox's page: a small Slack in the browser, as static files without a build step."""

from pathlib import Path

STATIC = Path(__file__).parent / "static"
"""The folder whose `index.html` the sandbox's Slack server gives at `/` and whose rest at `/static/`."""
