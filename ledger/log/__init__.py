"""The services around one agency log: intake, sequencer, anchorer, status."""
