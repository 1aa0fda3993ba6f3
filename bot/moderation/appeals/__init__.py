"""Members object to a case and are told what happened; a second reviewer decides."""
