"""Discord's side of looking things up: `/case`, `/mod`, `/why`, histories, samples."""
