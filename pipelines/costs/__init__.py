"""What the program costs: prices, the plan, the calculator and the invoice."""
