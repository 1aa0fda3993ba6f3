"""The bot's side of the engine: starts the child process, queues requests, reads answers."""
