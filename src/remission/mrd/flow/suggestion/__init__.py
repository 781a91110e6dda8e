"""What differs from normal marrows: suggested to a person, never a result."""
