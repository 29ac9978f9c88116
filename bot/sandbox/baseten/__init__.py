"""A simulated Baseten training API: a real HTTP server over a world of jobs that tests and scenarios write.

`world` holds the state and does no I/O, `server` answers for it over HTTP, `player` lets the training runs of
`bot/sandbox/scenarios` happen in it. Where the public API description is silent the choice is a `Trait` or is
named where it is made; where a request is doubtful it is refused, so that a client's mistake is seen here first.
"""
