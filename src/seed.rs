//! Luck, addressed: a draw is a function of its place (seed, stream, name, slot), never of the order of use.
