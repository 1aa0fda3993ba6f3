"""Everything that is kept of one server, as a file that another installation takes."""
