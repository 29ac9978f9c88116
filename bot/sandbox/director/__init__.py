"""The director behind the demonstration: failures on command, time, trouble, the bot's process; and the truth.

`director` holds what a person may do, `routes` puts it on the page's server. `truth` holds what the jobs really
wrote (`ledger`: told by ``joblogs explain``, not by the running bot) against what the channels show (`shown`).
"""
