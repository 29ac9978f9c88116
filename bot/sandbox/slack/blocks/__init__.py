"""Block Kit as Slack checks it: tables of what each block may hold, and the rules across blocks.

schema (how a table is read) · objects · elements · rich_text · data (tables and charts) · catalog (all
blocks and where they may stand) · check (the door: messages, views) · fill (what Slack adds to a block).
"""
