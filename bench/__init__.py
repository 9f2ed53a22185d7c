"""How fast the load path is, against a plain hand-written loader, on this machine, in one run."""
