"""What a readout says besides its headline: each section only where the spec asks for it."""
