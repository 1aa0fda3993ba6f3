"""What every command, button and form shares: replies, forms, quoting, permission, errors."""
