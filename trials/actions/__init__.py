"""What `twin trial` can do: one action, one file, found by file name."""
