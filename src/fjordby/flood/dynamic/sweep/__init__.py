"""The sweep: one step of shallow water over the whole grid."""
