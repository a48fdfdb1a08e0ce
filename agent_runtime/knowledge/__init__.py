"""Knowledge: approved passages of the company's documents, found by what a buyer asks."""
