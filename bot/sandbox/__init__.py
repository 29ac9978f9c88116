"""A world to try joblogs in, with no account anywhere: used by `joblogs demo` and by the tests.

`baseten` is a simulated training API with jobs that live and fail, `slack` a simulated workspace, `page` the
workspace in a browser, `scenarios` the training runs as files. The bot meets all of it over the wire only.
"""
