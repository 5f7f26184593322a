"""The lab as a static site: every lesson with its outputs, the explorer, and the network itself, without a server."""
