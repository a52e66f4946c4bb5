"""The demo: an installation with one example mall that is open whenever you look."""
