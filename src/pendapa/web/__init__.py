"""Everything that speaks HTTP; holds no models."""
