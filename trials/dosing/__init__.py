"""Published dosing rules; their coefficients and tables are in assets/dosing."""
