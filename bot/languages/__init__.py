"""Translation of Bylaw's texts in Discord to the reader's language, with gettext catalogues."""
