//! The controllers: faithful state machines behind one way of playing them.
//!
//! A controller is woken at moments it names itself, asks [`crate::analysis::Evidence`], and decides. [`cluster`] is
//! what it scales: pods by version. [`argo`] is Argo Rollouts' canary: [`argo::Player`] plays one policy.

pub mod argo;
pub mod cluster;
