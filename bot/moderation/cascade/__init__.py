"""One cheap look at all policies, which settles most clear messages and promises how little it misses."""
