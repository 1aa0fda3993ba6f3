"""Looking things up: case search, lists, export, `/why`, statistics, samples."""
