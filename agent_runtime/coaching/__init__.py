"""Quality by people: a daily sample, blind double scores, agreement, calibration, lessons."""
