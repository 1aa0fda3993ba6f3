"""Discord's messages, live and from history, turned into messages seen."""
