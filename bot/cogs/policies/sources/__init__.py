"""Where the texts of policies come from: files in any form, and a channel with rules."""
