"""WIRE: the REST client of the training API.

Start at `client`; what it uses, from the ground up::

options     an account: its key and how it is spoken to
transport   httpx over aiohttp: one exchange, or a Fault (the only module that imports httpx)
budget      who may ask now: an exact sliding window per account and endpoint
refusals    what a reply that is no success says: message, retry-after, the failure to raise
calls       one question with slots, retries, deadline and authorization
lenient     JSON that survives what servers get wrong
loglines    bytes → Page
shapes      bytes → Job, Project, Checkpoint, Metrics, prices
client      BasetenApi: every endpoint, as the port `TrainingApi` wants it
"""
