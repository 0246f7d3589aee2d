"""Pictures of the pages as inline SVG: one module per picture, colours by CSS class so that they follow dark mode."""
