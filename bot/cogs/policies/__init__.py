"""Discord's side of policies: the `/policy` subcommands, their pages and their forms."""
