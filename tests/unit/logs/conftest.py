"""``pytest tests/unit/logs --hypothesis-profile=deep``: two thousand examples of each property instead of ten."""

from hypothesis import settings

settings.register_profile("deep", max_examples=20_000, deadline=None)
