//! The controllers: faithful state machines.
