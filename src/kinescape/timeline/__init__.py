"""The samples of one patient in order: what emerged, stayed, rose, fell or went below the limit of detection."""
