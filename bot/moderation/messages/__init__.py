"""Messages as the bot sees them: intake, content, history, watermarks, catching up."""
