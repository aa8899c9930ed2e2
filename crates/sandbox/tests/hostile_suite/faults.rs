//! Group F: what goes wrong on our side is a fault, never a verdict, and leaves nothing.
