"""Records that people keep up by hand: changes that notice each other, and removals that can be undone."""
