"""The only room that speaks to an Ethereum chain."""
