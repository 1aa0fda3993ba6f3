"""Discord's side of languages: whose language is spoken, and commands in other languages."""
