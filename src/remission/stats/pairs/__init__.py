"""Two endpoints in the same people, each negative, positive or not evaluable: one multinomial."""
