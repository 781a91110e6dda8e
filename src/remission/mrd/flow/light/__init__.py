"""What a detector's number means: spillover undone, values on scales."""
