"""What all pages stand on: base page, components, style, fonts, htmx, error pages, middleware."""
