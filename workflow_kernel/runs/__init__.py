"""What an execution is made of, and the pure decisions about it. No clock, no I/O."""
