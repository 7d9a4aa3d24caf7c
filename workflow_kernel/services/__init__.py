"""What can be done with the service: each function names the permission it needs. Every door calls these."""
