//! A spanned YAML tree: the door through which every document comes in.
