"""Runs executions: plans a workflow, decides what runs when, drives backends, keeps the journal."""
