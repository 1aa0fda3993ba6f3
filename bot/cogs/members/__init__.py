"""Discord's side of what members can do: reports, `/rules`, `/my record`, `/privacy`."""
