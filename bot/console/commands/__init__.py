"""The command `bylaw`: one file per subcommand."""
