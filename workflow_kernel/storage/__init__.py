"""Where things are kept: blobs and journals."""
