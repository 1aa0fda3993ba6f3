"""The judge as a service on Ray Serve: for bots on other machines, and for other tools of a community."""
