"""Discord's side of languages: the language of the person, and translated commands."""
