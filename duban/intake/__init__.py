"""Everything a unit sends, through any door, becomes one parsed submission or every mistake in it."""
