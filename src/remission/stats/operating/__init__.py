"""What any design does under any truth: exact where it can be enumerated, else by counted simulation."""
