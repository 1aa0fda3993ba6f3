"""What Bylaw says in Discord, in the language of whoever reads it: gettext catalogues and who speaks what."""
