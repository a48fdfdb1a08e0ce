"""When: days and hours that people name, and the slots that answer them."""
