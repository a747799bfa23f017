"""Pages for an auditor, the council and the press: an award from plan to payment, and the year's plan."""
