"""The bot's side: which server is asked, and when."""
