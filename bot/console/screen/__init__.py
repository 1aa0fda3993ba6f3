"""What the console shows: output, markup, error lines, the demo's and the sandbox's screens."""
