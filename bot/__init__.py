"""The application: Discord at its edge, our own words inside."""
