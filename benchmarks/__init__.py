"""Benchmarks: our figures beside a named peer or limit measured in the same run. Not part of the tests."""
