"""A durable single-operator Ethereum chain on eth-tester's EVM; knows nothing of Sillok."""
