"""Commands of this room, one file each; `twin` finds them by file name."""
