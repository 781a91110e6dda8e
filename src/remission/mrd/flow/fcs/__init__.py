"""FCS files: read where they lie, refused or repaired by name where they lie; written."""
