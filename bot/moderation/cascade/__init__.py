"""The cascade: one cheap look at all policies settles most clear messages, with a guaranteed recall."""
