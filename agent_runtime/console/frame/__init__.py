"""What every page of the console stands in: who may use it, its look, its safety."""
