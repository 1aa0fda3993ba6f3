"""Discord's side of lookups: `/case`, `/mod`, `/why`, histories, samples."""
