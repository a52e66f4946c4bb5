"""What is done to places, hours and calendars."""
