"""A Discord on this machine: the gateway and the REST that Bylaw uses, spoken to the real discord.py over real sockets.

It knows what the bot must be tried against: messages that come in, sessions that break, and every kind of refusal. It
proves nothing about Discord itself; it keeps to what Discord documents and to what discord.py reads.
"""
