"""Transfer: all data of one server, as a file that another installation can import."""
