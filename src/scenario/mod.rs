//! What happens: traffic, service, exposition, release and faults, observation; the standard battery; inference
//! from the queries of a policy.

pub mod exposition;
