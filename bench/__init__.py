"""Load and scale, each on a scratch installation of its own, each against the budgets of the design."""
