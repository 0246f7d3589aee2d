"""Pictures of the bench stage: one module per picture, all drawn without a display."""
