"""What a workflow is: the graph, its file format, its changes and what can be wrong with it. Pure."""
