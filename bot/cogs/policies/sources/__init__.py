"""Sources of policy texts: files in any form, a channel with rules, and AutoMod."""
