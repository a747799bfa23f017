"""One award from plan to payment: steps, differences, missing numbers."""
