"""Mending: a member edits a message before anybody decides about it, the case closes as mended, and nothing else
happens."""
