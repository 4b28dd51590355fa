//! Plans, and all their trials in parallel, results in the plan's order.
