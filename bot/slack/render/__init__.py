"""How things look in Slack: functions from values to plain dicts, with no client and no clock.

`cards` and `card_parts` draw an incident; `replies`, `steps` and `around_views` what stands in its thread; `rolls`
several incidents at once; `notices`, `digests` and `directs` what the bot says by itself; `logview`, `words`,
`lists` and `home` what it answers; `refusals` every sentence that says no. `undrawn` stands in for what failed.
"""
