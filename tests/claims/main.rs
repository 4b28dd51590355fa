//! Claims tables: what a rollout plan says, what the controller does with it, and the figure that shows it.
//!
//! The tables stand in the READMEs of the cases. This test plays the cases and compares byte for byte;
//! `COALMINE_BLESS=1 cargo test --test claims` writes the tables anew, which is right when a world, a controller or a
//! query changed on purpose.

mod aivo;
mod besides;
mod by_hand;
mod case;
mod param_kernel;
mod sentences;
mod services;
mod story;
mod table;
mod tallies;
