"""What every other package may use: errors, ids, settings. Imports nothing of ours."""
